"""The command that writes single images: parse, call, print."""

import argparse

from digitgen.cli.arguments import Add, add_data_dir, add_output, integer
from digitgen.cli.console import say
from digitgen.cli.output import output_paths, write_output
from digitgen.errors import ArgumentError


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    image = add(
        "image",
        _image,
        "Write the image of one sequence of digits as a PNG.",
        "digitgen image 350 --min-spacing 2 --max-spacing 8 --image-width 120",
    )
    image.add_argument("digits", metavar="DIGITS", help="the digits to render, such as 0072")
    image.add_argument("--min-spacing", type=int, required=True, metavar="PX", help="smallest gap between digits")
    image.add_argument("--max-spacing", type=int, required=True, metavar="PX", help="largest gap, itself possible")
    image.add_argument("--image-width", type=int, required=True, metavar="PX", help="width; the height is 28")
    image.add_argument(
        "--count", type=integer(1, 100_000), default=1, metavar="N", help="how many different images (default: 1)"
    )
    image.add_argument(
        "--seed",
        type=integer(0, 2**63 - 1),
        metavar="N",
        help="makes the same images again (default: a new one, told)",
    )
    add_output(image, "PNG", "file or folder (default: ./DIGITS.png)")
    image.add_argument("--fit", default="conditional", choices=["conditional", "strict"], help="(%(default)s)")
    image.add_argument("--align", default="center", choices=["center", "left", "right", "random"], help="(%(default)s)")
    image.add_argument("--unit", default="cell", choices=["cell", "ink"], help="what gaps lie between (%(default)s)")
    image.add_argument("--overlap", default="max", choices=["max", "sum"], help="where digits overlap (%(default)s)")
    add_data_dir(image)


def _image(arguments: argparse.Namespace) -> int:
    """Run the command."""
    import secrets

    import numpy as np

    from digitgen.compose.generate import generate_numbers_sequence
    from digitgen.glyphs.bank import GlyphBank
    from digitgen.glyphs.fetch import load_digits
    from digitgen.glyphs.sources import DEFAULT_TRAIN
    from digitgen.look.kit.png import png_bytes
    from digitgen.rng import as_generator

    if not (arguments.digits.isascii() and arguments.digits.isdecimal()):
        raise ArgumentError(f"DIGITS must be digits from 0 to 9, such as 350; got {arguments.digits!r}")
    default = f"{arguments.digits[:100]}.png"  # names of files have an end
    paths = output_paths(arguments.output, default, count=arguments.count, force=arguments.force)
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    rng = as_generator(seed)
    digits = load_digits(DEFAULT_TRAIN, arguments.data_dir, say=say)
    bank = GlyphBank.from_arrays(digits.images, digits.labels)
    for path in paths:
        image = generate_numbers_sequence(
            [int(digit) for digit in arguments.digits],
            (arguments.min_spacing, arguments.max_spacing),
            arguments.image_width,
            rng=rng,
            glyphs=bank,
            fit=arguments.fit,
            align=arguments.align,
            unit=arguments.unit,
            overlap=arguments.overlap,
        )
        write_output(path, png_bytes(np.rint(image * 255).astype(np.uint8)), force=arguments.force)
    if arguments.seed is None:
        say(f"--seed {seed} makes the same again")
    return 0
