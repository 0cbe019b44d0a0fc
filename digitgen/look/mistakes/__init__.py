"""What a model gets wrong."""
