"""Cases that belong together: parts that other agencies handle, and appeals."""
