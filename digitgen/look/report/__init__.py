"""A dataset counted, and tested against its recipe."""
