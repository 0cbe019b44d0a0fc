"""Augmentation: steps that warp, thicken, darken and degrade images, sampled and applied in batches."""
