"""Make all pictures of the README and of docs anew: ``python configs/pictures/make.py``.

Each comes from commands of digitgen. One of them needs QMNIST's labels. The screenshots of pages need Chromium and
playwright (``pip install -e ".[dev]"``); without them, those that are there stay.
"""

import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

HOME = Path(__file__).resolve().parent
ROOT = HOME.parent.parent
sys.path.insert(0, str(ROOT))  # where the tests are, and in them a model that is broken on purpose

from film import film_live_page  # noqa: E402
from PIL import Image  # noqa: E402

from digitgen import DigitDataset, cli  # noqa: E402
from tests.broken_model import read_badly, write_csv  # noqa: E402

SHEETS = {
    "augmentations.png": "augmentations --force --gallery",
    "preview.png": "preview configs/augmented.yaml --boxes --masks --seed 7 --count 15 --force -o",
    "severities.png": "preview configs/severity-ladder.yaml --by severity --count 3 --force -o",
}
STRINGS = {
    "phone-numbers": "--index 0,5",
    "postcodes": "--where 'length == 9' --count 2",
    "meter-readings": "--count 2",
    "cheque-amounts": "--index 3,4",
    "dates": "--index 0,4",
    "card-numbers": "--index 3,4",
    "one-hand": "--where 'length == 5' --count 2",
    "compositional": "--split new --where 'length == 5' --count 2",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Make all pictures; return 1 if one could not be made."""
    os.chdir(ROOT)
    for command in re.findall(
        r"configs/pictures/\d+\.png.*`digitgen (image [^`]*)`", Path("README.md").read_text("utf-8")
    ):
        run(f"{command} --force -o {HOME}")
    for name, command in SHEETS.items():
        run(f"{command} {HOME / name}")
    with tempfile.TemporaryDirectory() as folder:
        for name, chosen in STRINGS.items():
            run(f"preview configs/{name}.yaml {chosen} --columns 1 -o {folder}/{name}.png")
        stack([Image.open(f"{folder}/{name}.png") for name in STRINGS], HOME / "strings.png")
        run(f"build configs/quickstart.yaml --out {folder}/quickstart")
        run(f"report {folder}/quickstart -o {folder}/report.html")
        run(f"build configs/overlapping.yaml --out {folder}/overlapping splits.train.count=1")
        predictions = Path(folder) / "my-model.csv"
        write_csv(predictions, read_badly(DigitDataset(f"{folder}/overlapping", "test")))
        run(f"mistakes {folder}/overlapping {predictions} -o {folder}/mistakes.html")
        pages = {"report.png": Path(folder) / "report.html", "mistakes.png": Path(folder) / "mistakes.html"}
        return photograph(pages)


def run(command: str) -> None:
    """Run a command of digitgen, and stop if it fails."""
    print("digitgen", command)
    if code := cli.main(shlex.split(command)):
        sys.exit(code)


def stack(sheets: list[Image.Image], target: Path) -> None:
    """Save sheets as one, in two columns."""
    columns = [sheets[0::2], sheets[1::2]]
    widths = [max(sheet.width for sheet in column) for column in columns]
    heights = [sum(sheet.height for sheet in column) for column in columns]
    page = Image.new("RGB", (sum(widths), max(heights)), sheets[0].convert("RGB").getpixel((0, 0)))
    for left, column in zip((0, widths[0]), columns, strict=True):
        top = 0
        for sheet in column:
            page.paste(sheet, (left, top))
            top += sheet.height
    page.save(target, optimize=True)


def photograph(pages: dict[str, Path]) -> int:
    """Save what a browser shows of pages: their first two screens, and the live page; return 1 if there is none."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser = None
    if browser is None:
        print("pictures of pages are left as they are: they need Chromium and playwright", file=sys.stderr)
        return 1
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, page in pages.items():
            window = chromium.new_page(viewport={"width": 1200, "height": 1180})
            window.goto(page.as_uri())
            window.screenshot(path=HOME / name)
        film_live_page(chromium, HOME / "try.png", HOME / "try.webp")
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
