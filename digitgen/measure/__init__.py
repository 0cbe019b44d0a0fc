"""Strings as people write them: crops of others and datasets of ours, measured by the same code."""
