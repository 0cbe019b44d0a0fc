"""Ink that steps add to a string: the pen, its strokes, and how they are rendered."""
