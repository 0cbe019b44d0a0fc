"""The dataset folder on disk: writing and reading it."""
