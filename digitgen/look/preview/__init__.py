"""Contact sheets of images that were built, or would be."""
