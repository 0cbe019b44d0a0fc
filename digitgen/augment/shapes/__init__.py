"""Strokes as shapes: bitmaps, skeletons, and what can be measured on them."""
