"""The configuration of what is stored: labels and files."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from digitgen.alphabet import noun
from digitgen.compose.content.law import ContentLaw
from digitgen.config.section import Section, word
from digitgen.errors import ArgumentError
from digitgen.format import CHUNK, MAX_SHARD_SIZE, MAX_WIDTH, Compression


class LabelsConfig(Section):
    """Labels to store beside images, digits, boxes and gaps."""

    masks: StrictBool = False
    """The digit that each inked pixel belongs to."""
    clean: StrictBool = False
    """The image before augmentation."""
    parameters: StrictBool = True
    """The parameters that augmentation sampled for each image."""
    writers: StrictBool = False
    """The writer of each digit; stored in any case where hands or writers of splits are asked for."""
    ctc_steps: Annotated[StrictInt, Field(ge=1, le=MAX_WIDTH)] | None = None
    """Steps of the outputs of a CTC model that is to be trained on the images: strings that it could not write with so
    many are an error. The images do not depend on it."""


class OutputConfig(Section):
    """The files."""

    shard_size: Annotated[StrictInt, Field(ge=CHUNK, le=MAX_SHARD_SIZE, multiple_of=CHUNK)] = 8192
    """Images in a file; a multiple of 1024. The images do not depend on it."""
    compression: Annotated[Compression, word(Compression)] = "none"
    """none: fast to write and to read at random; deflate: several times smaller, for storing and sending."""


def check_ctc_steps(steps: int, laws: Mapping[str, ContentLaw]) -> None:
    """Refuse strings that a CTC model with so many steps could not write.

    Parameters
    ----------
    steps : int
        Steps of the model's outputs.
    laws : mapping of str to ContentLaw
        The laws of the strings, by split.

    Raises
    ------
    ArgumentError
        If the strings of a split may need more.
    """
    from digitgen.compose.content.ctc import ctc_steps  # rarely asked for

    needed = {name: ctc_steps(law) for name, law in laws.items()}
    split = max(needed, key=lambda name: needed[name][0], default=None)
    if split is not None and needed[split][0] > steps:
        (most, exact), law = needed[split], laws[split]
        raise ArgumentError(
            f"must be at least {most}: strings of {split}, of up to {law.longest} {noun(law.alphabet)}s, "
            f"{'' if exact else 'may '}take so many with a blank between equal neighbours; got {steps}",
            "labels",
            "ctc_steps",
        )
