"""Daily anchors of the case log."""
