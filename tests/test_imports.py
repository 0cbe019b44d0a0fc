"""Imports inside the package point one way."""

import ast
from pathlib import Path

import digitgen

# From the rooms that everybody may use to those that use everybody. A module may import modules of
# earlier rows only.
ROOMS = [
    ["errors"],
    ["console"],
    ["rng", "files", "download", "idx", "yamltree", "gaps", "arguments"],
    ["sources", "glyphs", "sequences"],
    ["batch", "layout", "compose"],
    ["plan", "png"],
    ["generate", "shard", "origin"],
    ["config", "manifest", "shard_reader", "identity", "workers"],
    ["preflight", "card", "journal"],
    ["finish", "place"],
    ["build", "dataset"],
    ["verify"],
    ["cli"],
]
FOLDER = Path(digitgen.__file__).parent


def imported_modules(path: Path) -> set[str]:
    """The modules of this package that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("digitgen."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "digitgen":
            found |= {alias.name for alias in node.names if (FOLDER / f"{alias.name}.py").exists()}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("digitgen.")}
    return found


def test_every_module_has_its_room() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert modules == {module for room in ROOMS for module in room}


def test_modules_import_only_from_earlier_rooms() -> None:
    place = {module: row for row, room in enumerate(ROOMS) for module in room}
    backwards = [
        f"{module} imports {other}"
        for module in place
        for other in imported_modules(FOLDER / f"{module}.py")
        if place[other] >= place[module]
    ]
    assert not backwards
