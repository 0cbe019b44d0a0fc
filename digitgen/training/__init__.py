"""The glue between batches and a training loop: targets, decoding, scores, and files of predictions.

All of it takes and gives arrays of numpy, which JAX, TensorFlow and PyTorch take as they are. What needs PyTorch is
in `digitgen.training.torch`.
"""

from digitgen.training.decoding import ctc_decode, label_texts
from digitgen.training.predictions import write_predictions
from digitgen.training.scores import character_error_rate, sequence_accuracy
from digitgen.training.shuffle import ShuffledBatches
from digitgen.training.stack import stack
from digitgen.training.targets import ctc_targets, one_hot, padded_targets

__all__ = [
    "ShuffledBatches",
    "character_error_rate",
    "ctc_decode",
    "ctc_targets",
    "label_texts",
    "one_hot",
    "padded_targets",
    "sequence_accuracy",
    "stack",
    "write_predictions",
]
