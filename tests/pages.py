"""The fences of a page of the docs."""

import re
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<kind>[^\n`]*)\n(?P<body>.*?)^(?P=ticks)$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fence: what it is, where, what stands in it, its output if a line of text behind it is that, and its bounds."""

    kind: str
    line: int
    body: str
    caption: str
    output: str | None
    start: int
    end: int


def blocks_of(page: Path) -> list[Block]:
    """The fences of a page, in order."""
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    found = []
    for fence, follower in zip(fences, [*fences[1:], None], strict=False):
        kind, body = fence["kind"].removeprefix("{code-block}").strip(), fence["body"]
        caption = re.match(r":caption: (.*)\n\n?", body)
        printed = follower and follower["kind"] == "text" and not text[fence.end() : follower.start()].strip()
        found.append(
            Block(
                kind=kind,
                line=text.count("\n", 0, fence.start()) + 1,
                body=body[caption.end() :] if caption else body,
                caption=caption[1] if caption else "",
                output=follower["body"] if follower and printed else None,
                start=fence.start(),
                end=fence.end(),
            )
        )
    return found
