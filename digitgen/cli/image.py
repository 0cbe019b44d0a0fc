"""The command that writes single images: parse, call, print."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Final

from digitgen.cli.arguments import Add, add_data_dir, add_output, integer
from digitgen.cli.console import say
from digitgen.cli.output import output_paths, write_output
from digitgen.errors import ArgumentError
from digitgen.format import CELL
from digitgen.messages import shown

_STDOUT: Final = Path("-")


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    image = add(
        "image",
        _image,
        "Write the image of one sequence of digits as a PNG.",
        "digitgen image 350 --max-spacing 4 --image-width 120",
    )
    image.add_argument("digits", nargs="*", metavar="DIGITS", help="the digits to render, as 0072, 0,0,7,2 or 0 0 7 2")
    image.add_argument("--sequence", metavar="DIGITS", help="the same as DIGITS")
    image.add_argument("--min-spacing", type=int, metavar="PX", help="smallest gap between digits (default: 0)")
    image.add_argument("--max-spacing", type=int, metavar="PX", help="largest gap, itself possible (default: 8)")
    image.add_argument(
        "--image-width",
        type=int,
        metavar="PX",
        help="width (default: the smallest that all gaps fit)",
    )
    image.add_argument("--image-height", type=int, default=CELL, metavar="PX", help="height, 28 to 256 (%(default)s)")
    image.add_argument(
        "--count", type=integer(1, 100_000), default=1, metavar="N", help="how many different images (default: 1)"
    )
    image.add_argument(
        "--seed",
        type=integer(0, 2**63 - 1),
        metavar="N",
        help="makes the same images again (default: a new one, told)",
    )
    add_output(image, "PNG", "file, folder or - for stdout (default: ./DIGITS.png, or the next free number)")
    image.add_argument("--fit", default="conditional", choices=["conditional", "strict"], help="(%(default)s)")
    image.add_argument("--align", default="center", choices=["center", "left", "right", "random"], help="(%(default)s)")
    image.add_argument(
        "--vertical-align", default="center", choices=["center", "top", "bottom", "random"], help="(%(default)s)"
    )
    image.add_argument(
        "--unit", default="cell", choices=["cell", "ink", "stroke"], help="what gaps lie between (%(default)s)"
    )
    image.add_argument("--overlap", default="max", choices=["max", "sum"], help="where digits overlap (%(default)s)")
    add_data_dir(image)


def _image(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.compose.single import plain_image
    from digitgen.glyphs.prepared import DEFAULT_TRAIN, load_bank
    from digitgen.png import png_bytes
    from digitgen.rng import as_generator

    sequence = _digits(arguments)
    spacing = _spacing(arguments)
    width = CELL * len(sequence) + max(0, len(sequence) - 1) * spacing[1]
    paths = _paths(arguments, sequence)
    seed = int.from_bytes(os.urandom(4), "little") if arguments.seed is None else arguments.seed
    rng = as_generator(seed)
    bank = load_bank(DEFAULT_TRAIN, arguments.data_dir, say=say)
    for path in paths:
        image = plain_image(
            [int(digit) for digit in sequence],
            spacing,
            width if arguments.image_width is None else arguments.image_width,
            rng,
            bank,
            arguments.fit,
            arguments.align,
            arguments.unit,
            arguments.overlap,
            arguments.image_height,
            arguments.vertical_align,
        )
        data = png_bytes(image)
        if path == _STDOUT:
            sys.stdout.buffer.write(data)
        else:
            write_output(path, data, force=arguments.force)
    if arguments.seed is None:
        say(f"--seed {seed} makes the same again")
    return 0


def _digits(arguments: argparse.Namespace) -> str:
    """Read the digits, with commas, spaces or nothing between them."""
    words = " ".join(arguments.digits)
    if arguments.sequence is not None:
        if words:
            raise ArgumentError("give the digits once: as DIGITS or as --sequence")
        words = arguments.sequence
    elif not arguments.digits:
        raise ArgumentError("DIGITS are needed, such as 350")
    digits = re.sub(r"[\s,]+", "", words)
    if not (digits.isascii() and digits.isdecimal()):
        raise ArgumentError(f"DIGITS must be digits from 0 to 9, such as 350; got {shown(words)}")
    return digits


def _spacing(arguments: argparse.Namespace) -> tuple[int, int]:
    """Read the smallest and the largest gap; the default of one makes room for the other."""
    low, high = arguments.min_spacing, arguments.max_spacing
    return min(0, 0 if high is None else high) if low is None else low, max(8, low or 0) if high is None else high


def _paths(arguments: argparse.Namespace, digits: str) -> list[Path]:
    """Choose the files to write."""
    if arguments.output == _STDOUT:
        if arguments.count > 1:
            raise ArgumentError(f"-o - takes one image; got --count {arguments.count}")
        return [_STDOUT]
    default = f"{digits[:100]}.png"  # names of files have an end
    return output_paths(arguments.output, default, count=arguments.count, force=arguments.force, number=True)
