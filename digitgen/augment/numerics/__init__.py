"""Arithmetic that gives the same bits on every processor, and many images at a time."""
