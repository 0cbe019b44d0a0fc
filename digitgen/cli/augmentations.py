"""The command that lists the augmentation steps, or renders them: parse, call, print."""

import argparse
import json
import math
from typing import TYPE_CHECKING

from digitgen.cli.arguments import Add, add_data_dir, add_force, add_json, nonempty_path
from digitgen.cli.console import say
from digitgen.cli.output import output_paths, write_output

if TYPE_CHECKING:
    from digitgen.augment.step import Step


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    steps = add(
        "augmentations",
        _augmentations,
        "List the augmentation steps with their parameters, or render them.",
        "digitgen augmentations rotate elastic",
    )
    steps.add_argument("names", nargs="*", metavar="STEP", help="which (default: all)")
    form = steps.add_mutually_exclusive_group()
    add_json(form)
    form.add_argument("--gallery", type=nonempty_path, metavar="PNG", help="render them at three strengths instead")
    add_force(steps)
    add_data_dir(steps)


def _augmentations(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from dataclasses import asdict

    from digitgen.augment.catalogue import all_steps, find_step, package_of_step

    chosen = {name: find_step(name) for name in arguments.names} or all_steps(say)
    if arguments.gallery:
        return _gallery(arguments, list(chosen))
    if arguments.json:
        listed = {
            name: {
                "description": step.description,
                "source": step.source,
                "package": asdict(package) if (package := package_of_step(name)) else None,
                "stages": step.stages,
                "widest": step.widest,
                "parameters": {
                    each: asdict(parameter)
                    | {"legible": [end if math.isfinite(end) else None for end in parameter.legible]}
                    for each, parameter in step.parameters.items()
                },
            }
            for name, step in chosen.items()
        }
        print(json.dumps(listed, allow_nan=False))
    else:
        print("\n\n".join(describe(step) for step in chosen.values()))
    return 0


def _gallery(arguments: argparse.Namespace, names: list[str]) -> int:
    """Render the steps as a picture."""
    from digitgen.glyphs.bank import GlyphBank
    from digitgen.glyphs.fetch import load_digits
    from digitgen.glyphs.sources import DEFAULT_TEST
    from digitgen.look.preview.gallery import gallery
    from digitgen.png import png_bytes

    (output,) = output_paths(arguments.gallery, "augmentations.png", force=arguments.force)
    digits = load_digits(DEFAULT_TEST, arguments.data_dir, say=say)
    page = gallery(GlyphBank.from_arrays(digits.images, digits.labels), names)
    write_output(output, png_bytes(page), force=arguments.force)
    return 0


def describe(step: "Step") -> str:
    """Say in some lines what a step does, where it works, and what its parameters are."""
    from digitgen.augment.catalogue import package_of_step
    from digitgen.augment.step import SEVERITIES

    facts = [f"on {' and '.join(step.stages)}"]
    if step.has_severities:
        facts.append(f"severities 1 to {SEVERITIES}")
    if step.source:
        facts.append(step.source)
    if package := package_of_step(step.name):
        facts.append(f"from the package {package}")
    lines = [f"{step.name}: {step.description}", f"    {'; '.join(facts)}"]
    for each, parameter in step.parameters.items():
        low, high = parameter.default
        usual = f"{low:.4g}" if parameter.fixed or low == high else f"{low:.4g} to {high:.4g}"
        bounds = f"allowed {parameter.bounds[0]:.4g} to {parameter.bounds[1]:.4g}"
        lines.append(f"    {each}: {parameter.meaning}; default {usual}, {bounds}")
        if parameter.levels:
            levels = ", ".join(f"{level:.4g}" for level in parameter.levels)
            sign = ", with a random sign" if parameter.either_sign else ""
            lines.append(f"        at severities 1 to {SEVERITIES}: {levels}{sign}")
    return "\n".join(lines)
