"""The tutorial, taken from its page: the script that it shows, and the notebook of the same.

``python -m tests.tutorial`` writes the notebook anew; a test compares it with the page.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from tests.pages import Block, blocks_of

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs/tutorial.md"
NOTEBOOK: Final = ROOT / "docs/tutorial.ipynb"
_STEPS: Final = re.compile(r"^STEPS = (\d+)$", re.MULTILINE)


def blocks(kind: str) -> list[Block]:
    """The blocks of a kind that the page has, in order."""
    return [block for block in blocks_of(PAGE) if block.kind == kind]


def configuration() -> Block:
    """The one configuration; its caption is the name of its file."""
    (found,) = blocks("yaml")
    return found


def script() -> str:
    """All of the page's Python, in order."""
    return "\n".join(block.body for block in blocks("python"))


def commands(kind: str) -> list[str]:
    """The commands in blocks of a kind; in `console`, they stand behind a prompt."""
    lines = [line for block in blocks(kind) for line in block.body.splitlines()]
    return [line.removeprefix("$ ") for line in lines if kind == "sh" or line.startswith("$ ")]


def with_steps(text: str, steps: int) -> str:
    """The same Python with fewer steps of training."""
    shorter, count = _STEPS.subn(f"STEPS = {steps}", text)
    assert count == 1, "the page says in one place how many steps it takes"
    return shorter


def notebook() -> dict[str, Any]:
    """The page as a notebook: a cell for each block that runs, and the prose between them; outputs are left out."""
    text, cells, end = PAGE.read_text(encoding="utf-8"), [], 0
    for block in blocks_of(PAGE):
        if prose := text[end : block.start].strip():
            cells.append(("markdown", prose))
        if code := _code(block):
            cells.append(("code", code))
        end = block.end
    if prose := text[end:].strip():
        cells.append(("markdown", prose))
    return {
        "cells": [_cell(number, kind, source) for number, (kind, source) in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _code(block: Block) -> str | None:
    """What a block is in a cell; None for what is only shown."""
    match block.kind:
        case "yaml":
            return f"%%writefile {block.caption}\n{block.body}".strip()
        case "python":
            return block.body.strip()
        case "sh":
            return "\n".join(f"!{line}" for line in block.body.splitlines())
        case "console":
            return "\n".join(f"!{line[2:]}" for line in block.body.splitlines() if line.startswith("$ "))
    return None


def _cell(number: int, kind: str, source: str) -> dict[str, Any]:
    """A cell without outputs."""
    outputs: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": lines, **outputs}


def notebook_text(steps: int | None = None) -> str:
    """All of the notebook's file; with fewer steps of training, if so many are named."""
    text = json.dumps(notebook(), indent=1, ensure_ascii=False) + "\n"
    return text if steps is None else re.sub(r"STEPS = \d+", f"STEPS = {steps}", text)


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook_text(), encoding="utf-8")
    print(NOTEBOOK)
