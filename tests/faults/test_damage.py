"""Files that change, shrink, vanish or appear after the build: verify names them, resume repairs them alone."""

import random
from pathlib import Path

import pytest

from tests.faults.helpers import MANIFEST, Record, Reference, Yard, is_json, stamps, times

pytestmark = pytest.mark.faults

FILES = [MANIFEST, "config.yaml", "README.md"]


def choose(rng: random.Random, reference: Reference) -> str:
    """A shard more often than not."""
    return rng.choice(sorted(reference.shards)) if rng.random() < 0.6 else rng.choice(FILES)


def kind(out: Path, file: str) -> str:
    """What the table calls a file."""
    if file == MANIFEST:
        return f"{MANIFEST}, {'still' if is_json(out / file) else 'no longer'} JSON"
    return "a shard" if file.endswith(".h5") else file


def assert_named_and_repaired(yard: Yard, reference: Reference, out: Path, file: str) -> None:
    """Verify names the file and nothing else; resume brings it back and writes to no other shard."""
    before = stamps(out)
    verified = yard.verify(out)
    verified.assert_code(3)
    said = verified.out + verified.err
    assert file in said
    if file != MANIFEST:
        assert [line.split(":")[0] for line in verified.out.splitlines()[:-1]] == [file]
    assert stamps(out) == before
    yard.resume(reference, out)
    after = stamps(out)
    rewritten = {name for name in reference.shards if before.get(name) != after[name]}
    if file == MANIFEST:  # a shard whose entry was damaged is made again
        assert len(rewritten) <= 1
    else:
        assert rewritten == {file} & reference.shards


@times(1)
def test_verify_names_a_flipped_bit_and_resume_repairs_it(
    yard: Yard, out: Path, rng: random.Random, record: Record
) -> None:
    reference = yard.any_reference(rng)
    reference.copy(out)
    file = choose(rng, reference)
    with (out / file).open("r+b") as opened:
        position = rng.randrange((out / file).stat().st_size)
        opened.seek(position)
        byte = opened.read(1)[0]
        opened.seek(position)
        opened.write(bytes([byte ^ 1 << rng.randrange(8)]))
    record.injected = f"a flipped bit in {kind(out, file)}"
    record.happened = "verify named it, resume repaired it and rewrote no other shard"
    assert_named_and_repaired(yard, reference, out, file)


@times(0.3)
def test_verify_names_a_truncated_file_and_resume_repairs_it(
    yard: Yard, out: Path, rng: random.Random, record: Record
) -> None:
    reference = yard.any_reference(rng)
    reference.copy(out)
    file = choose(rng, reference)
    with (out / file).open("r+b") as opened:
        opened.truncate(rng.choice([0, rng.randrange((out / file).stat().st_size)]))
    record.injected = f"truncation of {kind(out, file)}"
    record.happened = "verify named it, resume repaired it and rewrote no other shard"
    assert_named_and_repaired(yard, reference, out, file)


@pytest.mark.parametrize("file", ["train/shard-00003.h5", "test/shard-00007.h5", *FILES])
def test_verify_names_a_missing_file_and_resume_repairs_it(yard: Yard, out: Path, record: Record, file: str) -> None:
    reference = yard.reference("deflate")
    reference.copy(out)
    (out / file).unlink()
    record.injected = f"{'a shard' if file.endswith('.h5') else file} deleted"
    record.happened = "verify named it, resume made it again and rewrote no other shard"
    assert_named_and_repaired(yard, reference, out, file)


@pytest.mark.parametrize(
    "file",
    [
        "train/shard-99999.h5",
        "validation/shard-00000.h5",
        "train/.shard-00003.h5.0123456789abcdef0123456789abcdef.digitgen-tmp",
    ],
    ids=["a shard too many", "a split too many", "a temporary file"],
)
def test_verify_names_a_file_that_is_no_part_of_the_dataset(
    yard: Yard, out: Path, record: Record, request: pytest.FixtureRequest, file: str
) -> None:
    reference = yard.reference("deflate")
    reference.copy(out)
    (out / file).parent.mkdir(exist_ok=True)
    (out / file).write_bytes((out / "train/shard-00003.h5").read_bytes())
    record.injected = f"{request.node.callspec.id} put into the folder"
    record.happened = "verify named it"
    verified = yard.verify(out)
    verified.assert_code(3)
    assert file in verified.out
