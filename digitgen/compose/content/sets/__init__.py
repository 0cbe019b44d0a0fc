"""Finite sets of strings, which are counted and found by rank: what most laws are made of."""
