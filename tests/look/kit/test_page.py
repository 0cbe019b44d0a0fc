"""Pages: one file, everything escaped, the same bytes every time."""

import numpy as np

from digitgen.look.kit import page
from digitgen.look.kit.plot import BLUE, svg
from tests.errors import naming

PNG = b"\x89PNG\r\n\x1a\n"
NASTY = "<script>alert('1 & \"2\"')</script>"


def test_every_text_of_a_page_is_escaped() -> None:
    parts = [
        page.paragraph(NASTY),
        page.headline(NASTY),
        page.code(NASTY),
        page.facts([(NASTY, NASTY)]),
        page.table([NASTY], [[NASTY]], caption=NASTY),
        page.picture(PNG, alt=NASTY, caption=NASTY),
        page.remark(NASTY),
        page.folded(NASTY, page.paragraph(NASTY)),
        page.section(NASTY, page.subsection(NASTY)),
    ]
    for part in (*parts, page.page(NASTY, *parts).decode()):
        assert "<script" not in part
        assert "&lt;script&gt;alert(&#x27;1 &amp; &quot;2&quot;&#x27;)" in part


def test_text_that_is_no_unicode_is_shown_with_question_marks() -> None:
    assert "a?b" in page.page("x", page.paragraph("a\udc80b")).decode()


def test_a_page_lists_its_sections_behind_what_stands_before_them() -> None:
    made = page.page("Title", page.section("Two words", page.paragraph("later")), page.headline("first")).decode()
    assert made.index("first") < made.index('<a href="#two-words">Two words</a>') < made.index('id="two-words"')


def test_a_page_has_no_address_of_anything_outside() -> None:
    made = page.page("Title", page.picture(svg(lambda axes: axes.set_title("plot")), alt="plot")).decode()
    assert "http" not in made.replace("http-equiv", "")
    assert "default-src 'none'" in made


def test_numbers_are_written_as_people_read_them() -> None:
    cases: list[tuple[page.Cell, str]] = [
        (1234567, "1,234,567"),
        (np.int64(12), "12"),
        (0.123456, "0.1235"),
        (123456.7, "123,457"),
        (6104.6, "6,105"),
        (None, "-"),
        (float("nan"), "-"),
        ("350", "350"),
    ]
    for value, shown in cases:
        with naming((value, shown)):
            assert page.number(value) == shown


def test_columns_of_numbers_are_aligned_right() -> None:
    made = page.table(["name", "count"], [["a", 1], ["b", None]])
    assert '<th>name</th><th class="n">count</th>' in made
    assert '<td>b</td><td class="n">-</td>' in made


def test_pictures_are_embedded_with_their_alternative_text() -> None:
    assert 'src="data:image/png;base64,iVBORw0KGgo=" alt="350" width="336"' in page.picture(PNG, alt="350", width=336)
    assert "data:image/svg+xml;base64," in page.image(b"<svg></svg>", alt="a plot")


def test_a_plot_is_the_same_every_time_and_follows_the_scheme_of_the_page() -> None:
    first, second = (svg(lambda axes: axes.bar([1, 2], [3, 4], color=BLUE), width=300, height=200) for _ in range(2))
    assert first == second
    assert first.startswith(b"<svg")
    assert b'width="300" height="200"' in first
    assert b"prefers-color-scheme:dark" in first
    assert b"currentColor" in first
    assert b"#010203" not in first
