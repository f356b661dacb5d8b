"""What cases cost: asked for when the procedure says so, or by hand; waived; receipts."""
