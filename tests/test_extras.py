"""What is not installed is named together with the extra that brings it."""

from importlib import import_module

import pytest

from digitgen.errors import DigitgenError
from digitgen.extras import installed


def test_a_missing_library_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(DigitgenError) as caught, installed("cluster", "no_such_library"):
        import_module("no_such_library")
    assert str(caught.value) == (
        'no_such_library must be installed for this; use: pip install "mnist-digitgen[cluster]"'
    )


def test_an_extra_without_libraries_is_called_as_its_library() -> None:
    with (
        pytest.raises(DigitgenError, match=r"^no_such_library must .*\[no_such_library\]"),
        installed("no_such_library"),
    ):
        import_module("no_such_library")


def test_another_missing_module_is_not_taken_for_the_extra() -> None:
    with pytest.raises(ModuleNotFoundError), installed("torch"):
        import_module("no_such_library")
