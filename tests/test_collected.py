"""Pytest finds every test: by default it looks into no folder that is called build."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def test_no_folder_of_tests_is_left_out(pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("norecursedirs")
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("*.py")}
    assert [each for each in folders for part in each.parts for pattern in patterns if fnmatch(part, pattern)] == []


def test_every_file_with_tests_has_a_name_that_pytest_looks_for() -> None:
    with_tests = {path for path in TESTS.rglob("*.py") if "\ndef test_" in path.read_text(encoding="utf-8")}
    assert with_tests == set(TESTS.rglob("test_*.py"))
