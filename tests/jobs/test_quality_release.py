"""The copy of the quality site that may leave, made by the job from a real lake."""

import re

import pytest

from jobs.conftest import MISTYPED

COUNT = re.compile(
    r'<td class="n">([^<]*)</td>|<dd>([\d,<&;lt]+)</dd>'
    r"|UTC, (\S+) rows</dd>|· (\S+) rows conformed|<b>(\S+)</b><span>rows "
)
RULED = 'id="deliveries"', 'id="results"'
MAY_LEAVE = re.compile(r"0|&lt;10|[\d,]*0")


@pytest.fixture(scope="module")
def pages(spark, reported):
    """The page for inside, and the copy."""
    assert spark is not None
    folders = ("quality", "quality-release")
    return [(reported / "out" / f / "index.html").read_text() for f in folders]


def counts(page):
    """Every count of rows on a page, as it is shown."""
    first, last = (page.index(mark) for mark in RULED)
    tiles = page.index('class="tiles"')
    assert tiles < first < last
    return ["".join(found) for found in COUNT.findall(page[tiles:last])]


def test_the_copy_shows_no_count_under_ten_and_every_other_rounded(pages):
    inside, outside = map(counts, pages)
    small = {str(n) for n in range(1, 10)}
    assert str(MISTYPED) in inside
    assert len(small & set(inside)) >= 2
    assert len(outside) == len(inside) > 50
    assert [text for text in outside if not MAY_LEAVE.fullmatch(text)] == []
    for exact, shown in zip(inside, outside, strict=True):
        n = int(exact.replace(",", ""))
        assert (shown == "&lt;10") == (0 < n < 10)
        if shown != "&lt;10":
            assert abs(int(shown.replace(",", "")) - n) <= 5


def test_the_copy_says_that_it_may_leave_and_the_other_that_it_may_not(pages):
    inside, outside = pages
    for page, mark, other in (
        (inside, "Inside only", "Release copy"),
        (outside, "Release copy", "Inside only"),
    ):
        assert f">{mark}</span></div>" in page
        assert f"<title>Data quality: {mark.lower()}</title>" in page
        assert other.lower() not in page.lower()


def test_the_copy_names_no_place_where_rows_of_persons_lie(pages):
    inside, outside = pages
    assert "<dt>Candidate</dt>" in inside
    assert "candidate" not in outside.lower()
    # It tells an auditor the same: every delivery, rule, table version and result.
    for page in pages:
        assert page.count("✓ adds up") == len(re.findall(r"sha256 [0-9a-f]{64}", page))
        assert page.count("✓ adds up") == 5
    verdicts = [re.findall(r'class="chip (PASS|FAIL|BROKEN) ', page) for page in pages]
    assert verdicts[0] == verdicts[1] != []
