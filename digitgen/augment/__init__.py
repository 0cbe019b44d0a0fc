"""Augmentation: steps that warp, thicken, darken and degrade images, drawn and applied in batches."""
