"""Docstrings have the form of numpydoc: they say what a function takes, returns and raises, and nothing else.

Steps of augmentation are left out: their parameters are described where they are declared, for users to read, and
another test holds their signatures to that. So are methods that a base class describes as abstract ones.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import digitgen
from digitgen import errors

FOLDER = Path(digitgen.__file__).parent
OUR_ERRORS = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}

RELATIVE = re.compile(
    r"(Of|Those|Whatever|Whoever|Whichever|Whose|What|Which|Who|Whom|Where|How|That)\b"
    r"|(For|From|By|To|At|In|On|With) (which|what|whom|whose)\b"
)
"""Beginnings that keep the reader waiting for a verb."""

VAGUE = re.compile(r"^\S.*\n\s+(Of|Whatever|Whoever|Whichever|Whose|Whom)\b", re.MULTILINE)
"""Beginnings of a parameter's description that do not say what it is."""


class Part(NamedTuple):
    """A module, class or function, and the class that it stands in."""

    name: str
    node: ast.Module | ast.ClassDef | ast.FunctionDef
    owner: ast.ClassDef | None = None

    @property
    def text(self) -> str:
        return ast.get_docstring(self.node) or ""

    @property
    def decorators(self) -> set[str]:
        if isinstance(self.node, ast.Module):
            return set()
        return {re.sub(r"\(.*", "", ast.unparse(each), flags=re.DOTALL) for each in self.node.decorator_list}

    @property
    def is_public(self) -> bool:
        owned = self.owner is not None and (self.owner.name.startswith("_") or self.is_described_by_a_base)
        overloads = "overload" in self.decorators  # described where the function is
        return not owned and not overloads and not getattr(self.node, "name", "").startswith("_")

    @property
    def is_described_by_a_base(self) -> bool:
        """Whether this is a method that a base class in the package has as an abstract one."""
        left = [ast.unparse(base) for base in self.owner.bases] if self.owner else []
        while left:
            bases, methods = classes().get(left.pop(), ([], set()))
            if getattr(self.node, "name", "") in methods:
                return True
            left += bases
        return False

    @property
    def parameters(self) -> list[str]:
        """What a caller passes: without `self` or `cls`, and with the stars of `*args` and `**kwargs`."""
        if not isinstance(self.node, ast.FunctionDef):
            return []
        given = self.node.args
        names = [each.arg for each in [*given.posonlyargs, *given.args]]
        names += [f"*{given.vararg.arg}"] if given.vararg else []
        names += [each.arg for each in given.kwonlyargs]
        names += [f"**{given.kwarg.arg}"] if given.kwarg else []
        return names[1:] if self.owner and "staticmethod" not in self.decorators else names

    @property
    def fields(self) -> list[str]:
        """The fields of a dataclass or a named tuple."""
        if not isinstance(self.node, ast.ClassDef):
            return []
        bases = {ast.unparse(base) for base in self.node.bases}
        if not ({"dataclass", "NamedTuple"} & (self.decorators | bases)):
            return []
        annotated = [each for each in self.node.body if isinstance(each, ast.AnnAssign)]
        names = [ast.unparse(each.target) for each in annotated if "ClassVar" not in ast.unparse(each.annotation)]
        return [name for name in names if not name.startswith("_")]

    @property
    def is_step(self) -> bool:
        return bool({"crop_step", "ink_step", "pixel_step", "stroke_step", "warp_step"} & self.decorators)

    def section(self, title: str) -> str | None:
        """The lines of a section of the docstring."""
        found = re.search(rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n---|\Z)", self.text, re.MULTILINE | re.DOTALL)
        return found[1] if found else None

    def described(self, title: str) -> list[str] | None:
        """The names that a section describes, in order."""
        lines = self.section(title)
        if lines is None:
            return None
        heads = re.findall(r"^(\S.*?)(?: : .*)?$", lines, re.MULTILINE)
        return [name.lstrip("\\") for head in heads for name in head.split(", ")]

    def own(self) -> Iterator[ast.AST]:
        """What the body of a function does itself, without the functions in it."""
        left: list[ast.AST] = list(self.node.body) if isinstance(self.node, ast.FunctionDef) else []
        while left:
            node = left.pop()
            if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                yield node
                left += ast.iter_child_nodes(node)


def parts_of(code: str, name: str) -> Iterator[Part]:
    """A module, and the classes and functions that can be reached from outside."""
    module = ast.parse(code)
    yield Part(name, module)
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("__"):
            yield Part(f"{name}.{node.name}", node)
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and not each.name.startswith("__"):
                    yield Part(f"{name}.{node.name}.{each.name}", each, node)


@cache
def classes() -> dict[str, tuple[list[str], set[str]]]:
    """The bases and the abstract methods of each class of digitgen."""
    found = {}
    for path in FOLDER.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
                abstract = {each.name for each in methods if "abstractmethod" in map(ast.unparse, each.decorator_list)}
                found[node.name] = ([ast.unparse(base) for base in node.bases], abstract)
    return found


@cache
def package() -> list[Part]:
    """All of digitgen."""
    found: list[Part] = []
    for path in sorted(FOLDER.rglob("*.py")):
        name = ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts)
        found += parts_of(path.read_text(encoding="utf-8"), name)
    return found


def is_missing(part: Part) -> bool:
    return not part.text and "overload" not in part.decorators


def begins_with_no_sentence(part: Part) -> bool:
    return bool(part.text) and not part.text.split("\n\n")[0].endswith((".", ":"))


def begins_with_a_relative_clause(part: Part) -> bool:
    body = [] if isinstance(part.node, ast.FunctionDef) else part.node.body[1:]
    strings = [each.value.value for each in body if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)]
    return any(RELATIVE.match(str(text)) for text in [part.text, *strings])  # below an attribute stands its docstring


def describes_other_parameters(part: Part) -> bool:
    described, there = part.described("Parameters"), part.parameters
    if isinstance(part.node, ast.ClassDef):
        made = [each for each in part.node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
        if not made:
            return False
        there = Part("", made[0], part.node).parameters
    must = part.is_public and not part.is_step and len(there) > 1
    return (must or described is not None) and described != there


def describes_other_fields(part: Part) -> bool:
    return (
        part.is_public and len(part.fields) > 1 and part.fields not in map(part.described, ("Attributes", "Parameters"))
    )


def describes_vaguely(part: Part) -> bool:
    titles = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
    return any(re.search(VAGUE, part.section(title) or "") for title in titles)


def does_not_say_what_it_returns(part: Part) -> bool:
    if not isinstance(part.node, ast.FunctionDef) or not part.is_public or part.is_step or len(part.parameters) < 2:
        return False
    returned = ast.unparse(part.node.returns) if part.node.returns else "None"
    yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in part.own())
    return returned not in ("None", "Iterator[None]") and part.section("Yields" if yields else "Returns") is None


def does_not_say_what_it_raises(part: Part) -> bool:
    raised = [node.exc for node in part.own() if isinstance(node, ast.Raise)]
    names = {ast.unparse(each.func) for each in raised if isinstance(each, ast.Call)} & OUR_ERRORS
    return part.is_public and not part.is_step and not names <= set(part.described("Raises") or [])


RULES: list[Callable[[Part], bool]] = [
    is_missing,
    begins_with_no_sentence,
    begins_with_a_relative_clause,
    describes_other_parameters,
    describes_other_fields,
    describes_vaguely,
    does_not_say_what_it_returns,
    does_not_say_what_it_raises,
]

GOOD = '''
"""Twos and their doubles."""

def double(number: int, *, times: int = 1) -> int:
    """Double a number.

    Parameters
    ----------
    number : int
        The number.
    times : int, default 1
        How often to double it.

    Returns
    -------
    int
        The double.

    Raises
    ------
    ArgumentError
        If the number is odd.
    """
    if number % 2:
        raise ArgumentError("odd")
    return number * 2**times

@dataclass
class Pair:
    """Two numbers.

    Attributes
    ----------
    first, second : int
        The numbers.
    """

    first: int
    """The smaller one."""
    second: int

    def _sum(self) -> int:
        """Add them."""
        return self.first + self.second
'''


@pytest.mark.parametrize("broken", RULES, ids=lambda rule: rule.__name__)
def test_no_docstring(broken: Callable[[Part], bool]) -> None:
    assert not [part.name for part in package() if broken(part)]


@pytest.mark.parametrize(
    ("there", "instead", "rule"),
    [
        ('"""Add them."""', "", is_missing),
        ("Two numbers.", "Two numbers", begins_with_no_sentence),
        ("Double a number.", "Of whose number the double is wanted.", begins_with_a_relative_clause),
        ("Add them.", "What they add up to.", begins_with_a_relative_clause),
        ("Twos and", "From which twos come, and", begins_with_a_relative_clause),
        ("The smaller one.", "Whichever is smaller.", begins_with_a_relative_clause),
        ("times : int", "factor : int", describes_other_parameters),
        ("number : int", "other : int\n        Not there.\n    number : int", describes_other_parameters),
        ("first, second", "second, first", describes_other_fields),
        ("The numbers.", "Of two.", describes_vaguely),
        ("    Returns\n    -------\n    int\n        The double.\n", "", does_not_say_what_it_returns),
        ("ArgumentError\n        If", "ValueError\n        If", does_not_say_what_it_raises),
    ],
)
def test_a_docstring_that_breaks_a_rule_is_found(there: str, instead: str, rule: Callable[[Part], bool]) -> None:
    assert not [each for part in parts_of(GOOD, "good") for each in RULES if each(part)]
    assert there in GOOD
    wrong = [each for part in parts_of(GOOD.replace(there, instead, 1), "bad") for each in RULES if each(part)]
    assert wrong == [rule]
