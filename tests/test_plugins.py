"""Plugins: what other packages add is found by name, and whatever is wrong with one is said in a line."""

import sys

import pytest

from digitgen.errors import PluginError
from digitgen.plugins import SOURCES, STEPS, Package, found, load, not_installed, package_of
from tests.conftest import Install


def test_what_a_package_offers_is_found_without_importing_the_package(install: Install) -> None:
    install("digitgen-kannada", "1.2", {SOURCES: {"kannada": "digitgen_kannada:SOURCE"}}, "SOURCE = 7")
    entries = found(SOURCES)
    assert list(entries) == ["kannada"]
    assert package_of(entries["kannada"]) == Package("digitgen-kannada", "1.2")
    assert "digitgen_kannada" not in sys.modules
    assert load(entries["kannada"], int) == 7
    assert "kannada" not in found(STEPS)


def test_names_come_sorted_from_all_packages(install: Install) -> None:
    install("pkg-b", "1", {SOURCES: {"b": "pkg_b:IT", "d": "pkg_b:IT"}}, "IT = 1")
    install("pkg-a", "1", {SOURCES: {"c": "pkg_a:IT", "a": "pkg_a:IT"}}, "IT = 1")
    assert list(found(SOURCES)) == ["a", "b", "c", "d"]


def test_two_packages_with_one_name_are_both_named(install: Install) -> None:
    install("pkg-a", "1.0", {SOURCES: {"same": "pkg_a:IT"}}, "IT = 1")
    install("pkg-b", "2.0", {SOURCES: {"same": "pkg_b:IT"}}, "IT = 1")
    with pytest.raises(PluginError) as caught:
        found(SOURCES)
    text = str(caught.value)
    assert "pkg-a 1.0" in text
    assert "pkg-b 2.0" in text
    assert text.endswith("both offer 'same' in digitgen.sources; uninstall one of them")


def test_a_package_cannot_take_a_name_that_digitgen_has(install: Install) -> None:
    install("pkg-a", "1.0", {SOURCES: {"mnist": "pkg_a:IT"}}, "IT = 1")
    with pytest.raises(PluginError) as caught:
        found(SOURCES, own=["mnist"])
    assert str(caught.value) == (
        "the package pkg-a 1.0 offers 'mnist' in digitgen.sources, a name that digitgen has itself; "
        "uninstall the package, or have it renamed there"
    )


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [
        pytest.param("pkg_a:IT", "raise ValueError('two\\nlines')", "ValueError: two\\nlines", id="fails"),
        pytest.param("pkg_a:IT", "import no_such_module", "No module named 'no_such_module'", id="lacks a module"),
        pytest.param("pkg_a:ELSE", "IT = 1", "has no attribute 'ELSE'", id="lacks the object"),
        pytest.param("no_such_pkg:IT", "IT = 1", "No module named 'no_such_pkg'", id="names no module"),
        pytest.param("not valid!", "IT = 1", "from not valid!: ", id="is no entry point"),
    ],
)
def test_what_cannot_be_loaded_is_one_line_with_its_package(
    install: Install, value: str, code: str, reason: str
) -> None:
    install("pkg-a", "1.0", {STEPS: {"broken": value}}, code)
    with pytest.raises(PluginError) as caught:
        load(found(STEPS)["broken"], int)
    text = str(caught.value)
    assert text.startswith(f"'broken' in digitgen.steps, from the package pkg-a 1.0, cannot be loaded from {value}: ")
    assert reason in text
    assert "\n" not in text


def test_what_is_of_another_type_is_refused(install: Install) -> None:
    install("pkg-a", "1.0", {STEPS: {"text": "pkg_a:IT"}}, "IT = 'text'")
    with pytest.raises(PluginError) as caught:
        load(found(STEPS)["text"], Package)
    assert str(caught.value) == (
        "'text' in digitgen.steps, from the package pkg-a 1.0, must be a digitgen.plugins.Package; "
        "pkg_a:IT is of type str"
    )


def test_a_package_that_has_gone_is_named_with_its_version() -> None:
    error = not_installed("source 'kannada/train'", Package("digitgen-kannada", "1.2"))
    assert str(error) == (
        "source 'kannada/train' comes from the package digitgen-kannada 1.2, which is not installed; install it"
    )
