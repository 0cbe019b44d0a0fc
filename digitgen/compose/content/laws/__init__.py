"""The laws of strings: each is in a module of its own."""
