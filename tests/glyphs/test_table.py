"""The table of sources: one entry is all that a new source takes, in digitgen or in a package of its own."""

import functools
import gzip
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitgen.cli.program import main
from digitgen.config.load import load_config
from digitgen.config.schema import json_schema
from digitgen.errors import ArgumentError, ConfigError, PluginError, SourceError
from digitgen.glyphs import fetch, sources
from digitgen.glyphs.cache import cache_dir
from digitgen.glyphs.fetch import fetch_source, load_digits
from digitgen.glyphs.idx import encode_idx, idx_sha256, read_idx
from digitgen.glyphs.mnist import MNIST
from digitgen.glyphs.source import Source, SourceFile, mirror
from tests.conftest import Install, coded_glyphs

IMAGES, LABELS = coded_glyphs()
STORED = {"t-images": np.ascontiguousarray(IMAGES.transpose(0, 2, 1)), "t-labels": LABELS + 1}
"""The files of a source that stores its images transposed and calls the digit 0 1, the digit 1 2, and so on."""


def entry(*addresses: str) -> Source:
    """All that there is to write for a new source."""
    images, labels = (SourceFile(name, idx_sha256(array)) for name, array in STORED.items())
    return Source(
        name="turned",
        title="Turned MNIST",
        parts={"all": (images, labels)},
        licence="CC0 1.0",
        licence_id="cc0-1.0",
        citation="A. Nobody, Turned digits, 2026",
        ways=tuple(map(mirror, addresses)),
        transposed=True,
        characters="90123456789",
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of that source, gzipped; the cache is empty."""
    monkeypatch.delenv("DIGITGEN_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "files"
    folder.mkdir()
    for name, array in STORED.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(encode_idx(array)))
    return folder


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """Where an HTTP server answers with these files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


# One entry


def test_an_entry_is_enough_to_read_a_folder_upright_with_the_right_digits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sources.OWN, "turned", entry())
    digits = load_digits("turned/all", folder)
    np.testing.assert_array_equal(digits.images, IMAGES)
    np.testing.assert_array_equal(digits.labels, LABELS)
    assert digits.images.flags.c_contiguous
    assert digits.labels.dtype == np.uint8


def test_an_entry_is_enough_to_fetch_into_a_folder_of_its_own_in_the_cache(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = entry(address)
    monkeypatch.setitem(sources.OWN, "turned", source)
    said: list[str] = []
    digits = load_digits("turned/all", say=said.append)
    np.testing.assert_array_equal(digits.images, IMAGES)
    cache = cache_dir(source)
    assert cache.name == "turned"
    assert cache.parent == cache_dir(MNIST).parent
    assert said == [
        f"trying {address}t-images.gz",
        f"trying {address}t-labels.gz",
        f"{cache}: all 2 files are there and verified",
    ]
    for name, array in STORED.items():  # as published
        np.testing.assert_array_equal(read_idx(cache / name), array)


def test_an_entry_is_enough_for_configurations_the_schema_and_fetch(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sources.OWN, "turned", entry())
    assert load_config(config(tmp_path, "turned/all")).splits["only"].source == "turned/all"
    assert '"turned/all"' in json_schema()
    assert main(["fetch", "turned", "--data-dir", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}\n"


def config(folder: Path, source: str) -> Path:
    """A configuration with one split, from a source."""
    path = folder / "config.yaml"
    path.write_text(
        f"name: small\nimage_width: 84\nsplits: {{only: {{count: 5, source: {source}}}}}\n"
        "sequence: {length: 3}\nspacing: {range: [0, 0]}\n"
    )
    return path


def test_sources_with_files_of_one_name_lie_side_by_side_in_folders_of_their_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = {"turned": STORED, "upright": STORED | {"t-images": IMAGES}}
    for name, arrays in stored.items():
        files = (SourceFile("t-images", idx_sha256(arrays["t-images"])), SourceFile("t-labels", idx_sha256(LABELS + 1)))
        source = replace(entry(), name=name, parts={"all": files}, transposed=name == "turned")
        monkeypatch.setitem(sources.OWN, name, source)
        (folder / name).mkdir()
        for file, array in arrays.items():
            (folder / name / file).write_bytes(encode_idx(array))
    for name in stored:
        np.testing.assert_array_equal(load_digits(f"{name}/all", folder).images, IMAGES)


def test_a_way_may_bring_more_than_is_missing(folder: Path) -> None:
    source = replace(entry(), ways=(lambda _missing, _say, _progress: iter((*STORED.items(), ("else", LABELS))),))
    (cache_dir(source)).mkdir(parents=True)
    (cache_dir(source) / "t-labels").write_bytes(encode_idx(STORED["t-labels"]))
    assert fetch_source(source) == cache_dir(source)
    assert {path.name for path in cache_dir(source).iterdir()} == set(STORED)
    assert folder.is_dir()


def test_a_source_that_nobody_can_fetch_says_where_to_put_its_files(folder: Path) -> None:
    with pytest.raises(SourceError) as caught:
        fetch_source(entry())
    assert str(caught.value) == (
        "Turned MNIST could not be had: there is no way to fetch it. "
        "Put t-images, t-labels into a folder and name it with --data-dir or DIGITGEN_DATA_DIR"
    )
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"name": "../up"}, "named by a-z, 0-9, '-' and '_'; got '../up'", id="name"),
        pytest.param({"parts": {"A b": entry().parts["all"]}}, "got 'A b'", id="part"),
        pytest.param(
            {"parts": {"all": (SourceFile("../x", ""),) * 2}}, "files are named without folders; got '../x'", id="file"
        ),
        pytest.param({"characters": "01\n"}, "turned: characters has '\\n', which cannot be printed", id="character"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_where_it_is_written(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        replace(entry(), **changes)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_labels_that_stand_for_no_digit_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sources.OWN, "turned", replace(entry(), characters="012"))
    with pytest.raises(SourceError, match=r"^t-labels: label 3 in row 2; labels are 0 to 2$"):
        load_digits("turned/all", folder)


# Names


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist/tset", "must be one of mnist/train, mnist/test; got 'mnist/tset'; did you mean mnist/test?"),
        (
            "kannada/train",
            "must be one of mnist/train, mnist/test; got 'kannada/train'; "
            "a source of another package needs that package installed",
        ),
    ],
)
def test_an_unknown_name_is_told_with_those_that_there_are(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        load_digits(name)
    assert str(caught.value) == message
    path = config(tmp_path, name)
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert str(refused.value) == f"{path}:3:35: splits.only.source: {message}"


def test_fetch_without_a_source_fetches_the_one_that_its_help_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetched: list[Source] = []
    monkeypatch.setattr(fetch, "fetch_source", lambda source, *_, **__: fetched.append(source))
    main(["fetch"])
    assert fetched == [sources.OWN[sources.DEFAULT]]
    with pytest.raises(SystemExit):
        main(["fetch", "--help"])
    assert f"which source (default: {sources.DEFAULT})" in capsys.readouterr().out


def test_fetch_names_the_sources_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "mnst"]) == 2
    assert capsys.readouterr().err == "digitgen: SOURCE must be one of mnist; got 'mnst'; did you mean mnist?\n"


# Packages

CODE = """\
from digitgen.glyphs.source import Source, SourceFile, mirror

SOURCE = Source(
    name="kannada",
    title="Kannada digits",
    parts={{"train": (SourceFile("t-images", "{images}"), SourceFile("t-labels", "{labels}"))}},
    licence="CC BY 4.0",
    licence_id="cc-by-4.0",
    citation="A. Nobody, Digits of Kannada, 2026",
    ways=(),
    transposed=True,
    characters="90123456789",
)
"""


KANNADA = (
    {"digitgen.sources": {"kannada": "digitgen_kannada:SOURCE"}},
    CODE.format(images=idx_sha256(STORED["t-images"]), labels=idx_sha256(STORED["t-labels"])),
)
"""Entry points and code of a package that adds a source."""


@pytest.fixture
def kannada(install: Install) -> None:
    """A package that adds a source is installed."""
    install("digitgen-kannada", "1.2", *KANNADA)


@pytest.mark.usefixtures("kannada")
def test_the_source_of_a_package_is_used_as_any_other(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.testing.assert_array_equal(load_digits("kannada/train", folder).images, IMAGES)
    listed = json.loads(json_schema())["$defs"]["SplitConfig"]["properties"]["source"]["anyOf"][0]["enum"]
    assert listed == ["mnist/train", "mnist/test", "kannada/train"]
    assert main(["fetch", "kannada", "--data-dir", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}\n"
    with pytest.raises(ConfigError, match=r"must be one of mnist/train, mnist/test, kannada/train; got 'kannada/test'"):
        load_config(config(tmp_path, "kannada/test"))


def test_own_sources_do_not_look_at_packages(tmp_path: Path, install: Install) -> None:
    install("pkg-a", "1.0", {"digitgen.sources": {"mnist": "pkg_a:SOURCE", "broken": "pkg_a:SOURCE"}}, "1 / 0")
    assert load_config(config(tmp_path, "mnist/test")).splits["only"].source == "mnist/test"


def test_a_package_cannot_replace_mnist(tmp_path: Path, install: Install) -> None:
    install("pkg-a", "1.0", {"digitgen.sources": {"mnist": "pkg_a:SOURCE"}}, "1 / 0")
    with pytest.raises(PluginError, match=r"^the package pkg-a 1\.0 offers 'mnist' in digitgen\.sources, a name that"):
        load_config(config(tmp_path, "other/train"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param(
            "SOURCE = 1", "must be a digitgen.glyphs.source.Source; pkg_a:SOURCE is of type int", id="another type"
        ),
        pytest.param("1 / 0", "cannot be loaded from pkg_a:SOURCE: ZeroDivisionError: division by zero", id="fails"),
        pytest.param(
            "from digitgen.glyphs.mnist import MNIST as SOURCE",
            "the package pkg-a 1.0 offers the source 'mnist' under the name 'kannada'",
            id="another name",
        ),
    ],
)
def test_a_source_that_does_not_work_is_told_in_a_line_with_its_package(
    tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str], code: str, message: str
) -> None:
    install("pkg-a", "1.0", {"digitgen.sources": {"kannada": "pkg_a:SOURCE"}}, code)
    assert main(["build", str(config(tmp_path, "kannada/train")), "--dry-run"]) == 1
    said = capsys.readouterr().err
    assert "pkg-a 1.0" in said
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.usefixtures("kannada")
def test_a_dataset_names_the_package_of_its_source_and_asks_for_it_once_it_is_gone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITGEN_DATA_DIR", str(folder))
    out, built = tmp_path / "out", ["build", str(config(tmp_path, "kannada/train")), "--out", str(tmp_path / "out")]
    shown = ["preview", str(out), "-o", str(tmp_path / "sheet.png"), "--force"]
    again = [["verify", str(out), "--regenerate", "5"], ["inspect", str(out)], [*shown, "--masks"]]
    again += [[*built, "--resume"]]
    for command in (built, shown, *again):
        assert main(command) == 0, command
    source = json.loads((out / "manifest.json").read_bytes())["splits"]["only"]["source"]
    assert source["package"] == {"name": "digitgen-kannada", "version": "1.2"}
    assert source["licence"] == "CC BY 4.0"
    assert "Added by the package digitgen-kannada 1.2." in (out / "README.md").read_text()

    monkeypatch.setattr(sys, "path", [each for each in sys.path if "digitgen_kannada" not in each])
    capsys.readouterr()
    for command in again:
        assert main(command) == 1, command
        assert capsys.readouterr().err == (
            "digitgen: source 'kannada/train' comes from the package digitgen-kannada 1.2, which is not installed; "
            "install it\n"
        )
    for command in (["verify", str(out)], shown):  # what makes nothing again needs no package
        assert main(command) == 0, command


@pytest.mark.usefixtures("kannada")
def test_a_build_goes_on_with_the_version_of_the_package_it_began_with(
    folder: Path, tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITGEN_DATA_DIR", str(folder))
    command = ["build", str(config(tmp_path, "kannada/train")), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    install("digitgen-kannada", "1.3", *KANNADA)
    capsys.readouterr()
    for manifest in (True, False):  # then the journal says what was built
        assert main([*command, "--resume"]) == 2
        change = "package of source.kannada/train: digitgen-kannada 1.2 -> digitgen-kannada 1.3"
        assert f"was begun otherwise ({change}); resume it as it was begun" in capsys.readouterr().err
        if manifest:
            (tmp_path / "out/manifest.json").unlink()


def test_the_schema_is_without_the_sources_that_do_not_work_and_says_so(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("pkg-a", "1.0", {"digitgen.sources": {"broken": "pkg_a:SOURCE", "whole": "pkg_a:SOURCE"}}, "1 / 0")
    install("digitgen-kannada", "1.2", *KANNADA)
    assert main(["schema"]) == 0
    out, err = capsys.readouterr()
    assert '"kannada/train"' in out and "broken" not in out
    assert [line.split(" in ")[0] for line in err.splitlines()] == ["digitgen: 'broken'", "digitgen: 'whole'"]
