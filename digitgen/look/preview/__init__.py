"""Contact sheets of what was made, or would be."""
