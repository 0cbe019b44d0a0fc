"""Controls of the live page: what a configuration can say, described so that a page can offer it.

The description is made from the JSON Schema of configurations and from the catalogue of steps. It is plain JSON; what
is null, false or empty is left out:

    {"settings": [control, ...], "steps": {name: step, ...}, "always": [control, ...], "shared": {name: control, ...}}

`settings` are the controls of the keys of a configuration, in order. `always` are those of the keys `p`, `severity`
and `share`, which are the same for all steps. A recipe is the tree that a YAML file says: dicts with text for
keys, lists and scalars.

A control describes one key of a section, or a part of its value, which has no key:

key, help, unit
    The key in its section. What it is: a sentence, or for parameters of steps some words that go on from the key. The
    unit of its numbers. A name for people is the key with spaces for underscores.
kind
    The form of its values, as below.
required
    The section must have the key.
default
    The value that holds if the key is left out; of a group or steps, `{}`. A control with neither a default nor
    `required` is switched off while its key is left out.
start
    A value to begin with: when the control is switched on, chosen in a choice, or when a list, a table or
    sections get one more. Controls that have none, and no default, need the path of a file, or the name of a split.
shared
    The control is `shared[name]` of the description, with what stands beside this word.

Kinds, and the values that a control of each kind shows; any other value is to be shown as YAML, and kept:

integer, number
    A number from `low` (but not `low` itself, if `above`) to `high`, and a multiple of `multiple`. A slider makes sense
    if there is a `step` for it: from `soft[0]` to `soft[1]`, or from `low` to `high` if there is no `soft`; wide enough
    for the value that it shows in any case. `big`: values may be larger than the integers that a double holds.
range
    A list of two such numbers, integers if `whole`. If `one` is "both", one number stands for a range of one; if it is
    "high", one number stands for the range from `low` to it.
flag
    True or false.
word
    One of `words`.
text
    A text of `least` to `most` characters that matches `pattern`. If `format` is "file", the path of a file; if it is
    "date", YYYY-MM-DD. If `names` is "splits", the name of another split.
list
    A list of `least` to `most` values, each shown by the control `item`.
table
    An object of at most `most` entries. Keys are texts that the control `keys` shows, values are shown by `values`;
    both have a `title`. The order of entries means nothing, and JavaScript changes it: put numbers in their order.
group
    A section: an object, whose keys have `controls`. It is shown if it has all keys that are required; keys without a
    control are to be shown as YAML.
either
    In a group, and without a key: the section must have just one of the keys of `options`, which are controls.
sections
    An object of `least` or more groups with these `controls`, by names that the control `name` shows.
choice
    A value that one of `options` shows: the first that does. Options are controls with a `title`.
steps
    A section of lists of steps: an object, whose keys are some of `stages`.

A step of a list is an object with the key `step`, its name, and others. Its entry in `steps` says

title, summary, family, source, stages
    A name for people, a sentence, the kind of step, where its definition comes from, and the lists it can stand in.
controls
    The controls of its parameters, all of them ranges or numbers. A parameter also has `legible`: the least and
    greatest value at which digits stay legible; `levels`: its values at the severities from 1, where there are such,
    either sign of them if `signs`; `spread`: the greatest standard deviation of digits around a shared value.
severity
    It may have the key `severity`, in place of the parameters that have levels.
share
    In the list `glyphs` it may have the key `share`; and if that is "image", the key `spread`: an object of standard
    deviations by parameter, or a number if only one parameter has a `spread`.
once
    It touches every image, and a list has it once: its `p` is 1.
"""

import json
from collections.abc import Iterator
from math import isinf
from typing import Any, Final

from digitgen.augment.catalogue import all_steps, package_of_step
from digitgen.augment.step import STAGES, CropStep, Parameter, Step
from digitgen.config.schema import json_schema
from digitgen.config.spread import spreadable
from digitgen.format import Stage
from digitgen.live.from_schema import Control, Reader, Schema
from digitgen.live.shared import share
from digitgen.live.sliders import soft_range, with_slider

_OWN: Final = ("step", "spread")
"""Keys of a step that its entry describes without a control."""


def describe() -> dict[str, Any]:
    """Describe all controls.

    Returns
    -------
    dict
        Plain JSON, as above.
    """
    schema = json.loads(json_schema())
    reader = Reader(schema["$defs"])
    always: dict[str, Control] = {}
    steps: dict[str, Any] = {}
    for stage in STAGES:
        for step, section in _sections(schema, stage):
            controls = {each["key"]: each for each in reader.section(section)}
            always |= {key: each for key, each in controls.items() if key not in step.parameters}
            if step.name not in steps:
                steps[step.name] = _step(step, controls)
    in_order = {name: steps[name] for name in all_steps()}
    return share({"settings": reader.section(schema), "steps": in_order, "always": list(always.values())})


def _sections(schema: Schema, stage: Stage) -> Iterator[tuple[Step, Schema]]:
    """The steps that can stand in a list, with the keys of their sections that have controls."""
    steps = all_steps()
    for each in schema["$defs"]["AugmentConfig"]["properties"][stage]["items"]["allOf"]:
        step = steps[each["if"]["properties"]["step"]["const"]]
        if stage in step.stages:
            section = schema["$defs"][each["then"]["$ref"].rpartition("/")[2]]
            keys = {key: each for key, each in section["properties"].items() if key not in _OWN}
            yield step, {"title": section["title"], "properties": keys}


def _step(step: Step, controls: dict[str, Control]) -> dict[str, Any]:
    """Describe a step by its entry in the catalogue, and the controls of its section."""
    package = package_of_step(step.name)
    shares = "share" in controls and "share" not in step.parameters
    spreads = spreadable(step) if shares else {}
    described = {
        "title": step.name.replace("_", " "),
        "summary": step.description,
        "family": str(package) if package else step.apply.__module__.rpartition(".")[2],
        "source": step.source,
        "stages": list(step.stages),
        "controls": [
            _parameter(controls[key], parameter, spreads.get(key)) for key, parameter in step.parameters.items()
        ],
        "severity": step.has_severities,
        "share": shares,
        "once": isinstance(step, CropStep),
    }
    return {key: each for key, each in described.items() if each}


def _parameter(control: Control, parameter: Parameter, spread: float | None) -> Control:
    """Describe a parameter by its control, and what else its step knows of it."""
    legible = [bound if isinf(end) else end for end, bound in zip(parameter.legible, parameter.bounds, strict=True)]
    facts: Control = {
        "help": parameter.description,
        "unit": parameter.unit,
        "levels": list(parameter.levels),
        "signs": parameter.either_sign,
        "legible": legible if legible != list(parameter.bounds) else [],
        "spread": spread,
    }
    control = {key: each for key, each in control.items() if key not in ("soft", "step", "unit")}
    return with_slider(control, *soft_range(parameter)) | {key: each for key, each in facts.items() if each}
