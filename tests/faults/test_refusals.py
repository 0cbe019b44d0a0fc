"""Folders that a build has no business with, or not this build: refused, and nothing touched."""

import json
from pathlib import Path

import pytest

from tests.faults.helpers import MANIFEST, Record, Yard, finished, hashes, stamps, wait_until

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    ("override", "difference"),
    [
        ("seed=6", "seed: 5 -> 6"),
        ("image_width=64", "image_width: 60 -> 64"),
        ("splits.test.count=9000", "splits.test.count: 8000 -> 9000"),
        ("output.compression=none", "output.compression: deflate -> none"),
    ],
)
@pytest.mark.parametrize("state", ["finished", "unfinished"])
def test_resuming_another_configuration_shows_the_difference_and_touches_nothing(
    yard: Yard, out: Path, record: Record, override: str, difference: str, state: str
) -> None:
    reference = yard.reference("deflate")
    if state == "finished":
        reference.copy(out)
    else:
        process = yard.build(reference, out)
        wait_until(lambda: finished(out) > 3, process)
        process.kill_all()
        process.wait()
    before = stamps(out), hashes(out)
    record.injected = (
        f"--resume of {'a finished' if state == 'finished' else 'an unfinished'} build with another configuration"
    )
    record.happened = "refused with the difference, nothing touched"
    ended = yard.build(reference, out, "--resume", override).wait()
    ended.assert_code(2)
    assert difference in ended.line
    assert (stamps(out), hashes(out)) == before


@pytest.mark.parametrize(
    "manifest",
    [
        '{"name": "My web app", "icons": [], "start_url": "/"}',
        '{"format": 1, "splits": {}, "config": {}, "tool": {}}',
        "not JSON",
        "[]",
        "",
    ],
    ids=["of a web project", "with our words", "no JSON", "a list", "empty"],
)
@pytest.mark.parametrize("option", ["--resume", "--overwrite"])
def test_a_folder_with_a_foreign_manifest_is_refused(
    yard: Yard, out: Path, record: Record, manifest: str, option: str
) -> None:
    (out / "train").mkdir(parents=True)
    (out / MANIFEST).write_text(manifest)
    (out / "README.md").write_text("mine")
    (out / "config.yaml").write_text(json.dumps({"mine": True}))
    (out / "train/shard-00000.h5").write_bytes(b"mine")
    before = stamps(out), hashes(out)
    record.injected = f"{option} on a folder with somebody else's {MANIFEST}"
    record.happened = "refused, nothing touched"
    ended = yard.build(yard.reference("deflate"), out, option).wait()
    assert (stamps(out), hashes(out)) == before
    ended.assert_code(1)
    assert len(ended.line.splitlines()) == 1


@pytest.mark.parametrize("option", ["--resume", "--overwrite"])
def test_a_folder_without_a_manifest_is_refused(yard: Yard, out: Path, record: Record, option: str) -> None:
    out.mkdir()
    (out / "README.md").write_text("mine")
    before = stamps(out), hashes(out)
    record.injected = f"{option} on a folder of somebody else"
    record.happened = "refused, nothing touched"
    yard.build(yard.reference("deflate"), out, option).wait().assert_code(1)
    assert (stamps(out), hashes(out)) == before
