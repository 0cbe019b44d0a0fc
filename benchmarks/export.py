"""Exports into each format whose library is installed, against encoding the same images as PNG and nothing else."""

import shutil
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from benchmarks.build import standard_config
from benchmarks.measure import Contender, Gate, paired_rounds, print_ratios, print_table, ratio, seconds
from digitgen.build.build import build_dataset
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.errors import DigitgenError
from digitgen.export import FORMATS
from digitgen.export.export import export_dataset
from digitgen.export.formats import exporter_of
from digitgen.export.images import png_images
from digitgen.format import CHUNK

_IMAGES: Final = 8 * CHUNK
_ALONE: Final = "PNG and nothing else"
_PILLOW: Final = "the same by Pillow"
_TABLE: Final = "parquet, no images"


def run(rounds: int, folder: Path | None) -> list[Gate]:
    """Print the tables; return the gates."""
    with tempfile.TemporaryDirectory(prefix="digitgen-benchmark-", dir=folder) as scratch:
        dataset, bytes_of = Path(scratch) / "dataset", dict[str, int]()
        build_dataset(standard_config(_IMAGES), dataset, fsync=False)

        def exporting(name: str, to: str, *, images: bool = True) -> Contender:
            def contender(number: int) -> float:
                out = Path(scratch) / f"{to}-{images}-{number}"
                cost = seconds(lambda: export_dataset(dataset, to, out, images=images, fsync=False), time.process_time)
                bytes_of[name] = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) // _IMAGES
                shutil.rmtree(out)
                return cost / _IMAGES

            return contender

        contenders: dict[str, Contender] = {
            _ALONE: lambda _: _encode(dataset, bytes_of),
            _PILLOW: lambda _: _encode_by_pillow(dataset, bytes_of),
        }
        contenders |= {to: exporting(to, to) for to in _installed()}
        if "parquet" in contenders:
            contenders[_TABLE] = exporting(_TABLE, "parquet", images=False)
        costs = paired_rounds(contenders, rounds)
    title = f"export: {_IMAGES:,} images of 28x168, in one process, without fsync; CPU time"
    print_ratios(title, costs, [_ALONE], "images/s", lambda cost: f"{1 / cost:,.0f}")
    print_table("size", [["", "bytes/image"], *([name, f"{size:,}"] for name, size in bytes_of.items())])
    # None for png and coco, which take as long as the file system takes to make a file.
    gates = [Gate("PNG by Pillow over PNG here, in time", ratio(costs, _PILLOW, _ALONE).middle, 2)]
    gates += [
        Gate(f"{to} over PNG alone, in time", ratio(costs, to, _ALONE).middle, most, at_least=False)
        for to, most in {"parquet": 1.5, "lmdb": 1.6, "webdataset": 6, _TABLE: 0.3}.items()
        if to in costs
    ]
    return gates


def _installed() -> list[str]:
    """List the formats that can be written here."""
    found = []
    for to in FORMATS:
        try:
            exporter_of(to)
        except DigitgenError as error:
            print(f"{to} is left out: {error}")
        else:
            found.append(to)
    return found


def _encode(dataset: Path, bytes_of: dict[str, int]) -> float:
    """Read images and encode them, as exports do."""
    data = DigitDataset(dataset, "train")

    def encode() -> None:
        files = (png_images(data.arrays(["images"], slice(k, k + CHUNK))["images"]) for k in range(0, _IMAGES, CHUNK))
        bytes_of[_ALONE] = sum(len(file) for each in files for file in each) // _IMAGES

    return seconds(encode, time.process_time) / _IMAGES


def _encode_by_pillow(dataset: Path, bytes_of: dict[str, int]) -> float:
    """Read images and encode them, as users would."""
    data = DigitDataset(dataset, "train")

    def encode() -> None:
        size = 0
        for k in range(0, _IMAGES, CHUNK):
            for image in data.arrays(["images"], slice(k, k + CHUNK))["images"]:
                stream = BytesIO()
                Image.fromarray(image).save(stream, "PNG")
                size += stream.tell()
        bytes_of[_PILLOW] = size // _IMAGES

    return seconds(encode, time.process_time) / _IMAGES
