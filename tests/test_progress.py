"""Progress can be told to a function in place of being shown."""

import http.server
from collections.abc import Callable

import pytest

from digitgen.glyphs import download
from digitgen.progress import bars_told, progress_bar
from tests.glyphs.conftest import Answer, begin, serve

__all__ = ["serve"]


def test_bars_of_a_block_are_told_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[str, float]] = []
    with bars_told(lambda what, share: told.append((what, share))):
        for _ in progress_bar([1, 2, 3, 4], shown=True, total=4, unit="things", what="work"):
            pass
    assert told[0] == ("work", 0)
    assert told[-1] == ("work", 1)
    assert capsys.readouterr() == ("", "")
    with progress_bar(shown=True, total=1, unit="things", what="other"):
        pass
    assert "other" in capsys.readouterr().err
    assert told[-1] == ("work", 1)


def test_the_share_of_a_download_is_told(serve: Callable[[Answer], str]) -> None:
    body = bytes(1 << 20)

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        begin(handler, len(body))
        handler.wfile.write(body)

    told: list[tuple[str, float]] = []
    with bars_told(lambda what, share: told.append((what, share))):
        assert download.http_get(f"{serve(answer)}file.gz", 1 << 21) == body
    assert {what for what, _ in told} == {"file.gz"}
    assert told[-1][1] == 1
    assert all(0 <= share <= 1 for _, share in told)
