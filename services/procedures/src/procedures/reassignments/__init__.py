"""Open tasks go over to another unit or official, thousands at a time."""
