"""What other parties measure us by: their rules and tools, pinned."""
