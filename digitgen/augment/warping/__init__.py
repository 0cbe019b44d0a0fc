"""One resampling for neighbouring steps that move pixels."""
