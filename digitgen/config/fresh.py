"""Write values into a YAML text: on a line as long as there is room, or in lines of their own."""

from typing import Any, Final

from digitgen.config.yamltree import write_yaml

LINE: Final = 110
"""Characters of a line, beyond which a value is written in lines of its own."""
_INDENT: Final = 2


def inline(value: Any) -> str:
    """Write a value on one line, sections and lists between brackets."""
    return write_yaml([value], inline=True)[1:-2]


def fresh(value: Any, *, flow: bool, column: int, room: int) -> str:
    """Write a value behind a key.

    Parameters
    ----------
    value : Any
        The value.
    flow : bool
        Whether it stands between brackets, where there are no lines.
    column : int
        The column that the key begins in, from 0.
    room : int
        Characters that are left on its line.

    Returns
    -------
    str
        The value; it begins with a line break if it stands in lines of its own.
    """
    line = inline(value)
    if flow or not isinstance(value, dict | list) or (len(line) <= room and not _is_crowded(value)):
        return line
    return "\n" + " " * (column + _INDENT) + block(value, column + _INDENT)


def block(value: Any, column: int) -> str:
    """Write a section or a list that is not empty in lines of their own.

    Parameters
    ----------
    value : dict or list
        The section or list.
    column : int
        The column that it begins in, from 0.

    Returns
    -------
    str
        The lines, the first one without the space before it.
    """
    if isinstance(value, dict):
        lines = [_under(f"{inline(key)}:", each, column) for key, each in value.items()]
    else:
        lines = [_item(each, column) for each in value]
    return f"\n{' ' * column}".join(lines)


def _under(name: str, value: Any, column: int) -> str:
    """A value with its key."""
    own = fresh(value, flow=False, column=column, room=LINE - column - len(name))
    return f"{name}{own}" if own.startswith("\n") else f"{name} {own}"


def _item(value: Any, column: int) -> str:
    """A value with its dash."""
    line = inline(value)
    long = isinstance(value, dict | list) and len(line) > LINE - column
    return f"- {block(value, column + _INDENT) if long else line}"


def _is_crowded(value: Any) -> bool:
    """Whether there is a list of several sections, which are read more easily below each other."""
    if isinstance(value, dict):
        return any(map(_is_crowded, value.values()))
    return isinstance(value, list) and sum(isinstance(each, dict) for each in value) > 1
