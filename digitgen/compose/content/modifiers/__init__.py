"""Modifiers of laws: each is a law made of another."""
