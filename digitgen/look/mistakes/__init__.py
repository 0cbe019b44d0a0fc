"""The mistakes of a model: found, counted, and told in a few words."""
