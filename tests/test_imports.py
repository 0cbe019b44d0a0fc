"""Imports inside the package point one way."""

import ast
from pathlib import Path

import digitgen

# From the rooms that everybody may use to those that use everybody. A module may import modules of
# earlier rows only.
ROOMS = [
    ["errors"],
    ["console"],
    ["rng", "files", "download", "idx", "yamltree", "gaps", "arguments", "section", "deflate", "augment.exact"],
    ["options"],
    ["look.page", "look.plot", "look.where", "look.fit", "look.predictions", "look.rates", "look.writers"],
    ["look.alignment", "look.wording"],
    ["sources", "glyphs", "sequences"],
    ["batch", "layout", "compose", "augment.tall", "augment.bitmap", "augment.parts", "augment.displacement"],
    ["augment.gaussian"],
    ["augment.warp", "augment.ownership"],
    ["augment.resample"],
    ["augment.step"],
    ["augment.geometry", "augment.grain", "augment.light", "augment.lines", "augment.weather"],
    ["augment.clutter", "augment.glass", "augment.encoding", "augment.skeleton"],
    ["augment.blur", "augment.morphometry"],
    ["augment.measures"],
    ["augment.stroke", "augment.morphology"],
    ["augment.catalogue"],
    ["augment.pipeline"],
    ["augment.limits"],
    ["plan", "png"],
    ["render"],
    ["look.fields", "look.sheet", "look.drawn"],
    ["generate", "shard", "origin", "step_config"],
    ["augmenting"],
    ["config", "manifest", "shard_reader", "identity", "workers"],
    ["preflight", "card", "journal"],
    ["finish", "place"],
    ["build", "dataset"],
    ["verify", "look.gallery", "look.view", "look.tally", "look.factors"],
    ["look.preview", "look.claims", "look.patterns"],
    ["look.statistics", "look.mistakes", "look.mistakes_plots"],
    ["look.listing", "look.comparison"],
    ["look.charts", "look.study"],
    ["look.report", "look.mistakes_pictures"],
    ["look.mistakes_sections", "look.comparison_page"],
    ["look.mistakes_page"],
    ["look.commands"],
    ["look.mistakes_command", "look.augmentations_command"],
    ["cli"],
]
FOLDER = Path(digitgen.__file__).parent


def imported_modules(path: Path) -> set[str]:
    """The modules of this package that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("digitgen."):
            found |= _modules(node.module or "", [alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom) and node.module == "digitgen":
            found |= _modules("digitgen", [alias.name for alias in node.names]) - {""}
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.removeprefix("digitgen.") for alias in node.names if alias.name.startswith("digitgen.")
            }
    return found


def _modules(package: str, names: list[str]) -> set[str]:
    """What ``from package import names`` imports: modules, or names of the package itself."""
    inside = package.removeprefix("digitgen").removeprefix(".")
    dotted = [f"{inside}.{name}".removeprefix(".") for name in names]
    return {each if _file(each).exists() else inside for each in dotted}


def _file(module: str) -> Path:
    return FOLDER / f"{module.replace('.', '/')}.py"


def test_every_module_has_its_room() -> None:
    paths = [path.relative_to(FOLDER).with_suffix("") for path in FOLDER.rglob("*.py") if path.stem != "__init__"]
    modules = {".".join(path.parts) for path in paths}
    assert modules == {module for room in ROOMS for module in room}


def test_modules_import_only_from_earlier_rooms() -> None:
    place = {module: row for row, room in enumerate(ROOMS) for module in room}
    backwards = [
        f"{module} imports {other}"
        for module in place
        for other in imported_modules(_file(module))
        if place[other] >= place[module]
    ]
    assert not backwards
