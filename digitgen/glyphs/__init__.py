"""Handwritten digits: published sources, files, and banks of glyphs."""
