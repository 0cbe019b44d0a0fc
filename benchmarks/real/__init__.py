"""Models that are trained on digitgen's images alone, and read real crops."""
