"""Datasets in the formats of other people, a module for each."""
