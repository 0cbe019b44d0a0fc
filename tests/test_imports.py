"""Imports inside the package point one way: from wing to wing, downward only."""

import ast
from pathlib import Path

import digitgen

# Each wing may import itself and those below it. What stands beside the wings is the ground, for all to use.
WINGS = ["cli", "live", "look", "measure", "training export", "build", "config dataset", "compose", "augment", "glyphs"]
# The products of `look` share its kit and know nothing of each other.
PRODUCTS = ["look.preview", "look.report", "look.mistakes", "look.measure"]
FOLDER = Path(digitgen.__file__).parent
LEVEL = {wing: level for level, wings in enumerate(reversed(WINGS), 1) for wing in wings.split()}
ROOT = {"digitgen", "digitgen.__main__"}  # public names, and the command


def imports(path: Path) -> set[str]:
    """What a module imports of this package, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name.removeprefix("digitgen.") for name in found if name.startswith("digitgen.")}


def all_imports() -> list[tuple[str, str]]:
    """Each pair of a module and what it imports."""
    paths = {".".join(path.relative_to(FOLDER).with_suffix("").parts): path for path in FOLDER.rglob("*.py")}
    return [(name, other) for name, path in paths.items() if "." in name for other in imports(path)]


def test_wings_import_downward_only() -> None:
    def level(name: str) -> int:
        return LEVEL.get(name.partition(".")[0], 0)

    def wing(name: str) -> str:
        return name.partition(".")[0]

    wrong = [pair for pair in all_imports() if wing(pair[0]) != wing(pair[1]) and level(pair[0]) <= level(pair[1])]
    assert not wrong


def test_the_ground_imports_no_wing() -> None:
    grounds = [path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "__main__")]
    assert not [(path.stem, other) for path in grounds for other in imports(path) if other.partition(".")[0] in LEVEL]


def test_every_folder_is_a_wing() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(LEVEL)


def test_the_products_of_look_know_nothing_of_each_other() -> None:
    def product(name: str) -> str | None:
        return next((each for each in PRODUCTS if f"{name}.".startswith(f"{each}.")), None)

    wrong = [(name, other) for name, other in all_imports() if product(name) and product(other)]
    assert not [pair for pair in wrong if product(pair[0]) != product(pair[1])]
