"""The page of a running trial, from what had been delivered by a day."""

import datetime as dt
import re
from collections import Counter

import pyarrow.parquet as pq
import pytest

import make_twin
from ingest import ingest
from monitor_trial import monitor_trial
from places import write_settings
from rctspark.runtime.job import run_job
from rctspark.runtime.secret import make_key

pytestmark = pytest.mark.long

THIRTEEN_WEEKS = dt.timedelta(weeks=13)


@pytest.fixture(scope="module")
def place(spark, root, tmp_path_factory):
    """A lake with everything that had been delivered while the trial ran."""
    assert spark is not None
    folder = tmp_path_factory.mktemp("monitored")
    make_key(folder / "key")
    write_settings(folder)
    deliveries = folder / "deliveries"
    wanted = ["--experiment", "ww", "--folder", str(deliveries), "--interim"]
    assert make_twin.main(wanted) == 0
    assert run(folder, root, ingest, "--deliveries", deliveries) == 0
    return folder


def run(folder, root, job, *more):
    """Run a job on the lake of a folder; return the exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RCTSPARK_CONF", str(folder / "settings.yaml"))
        patch.chdir(root)
        arguments = ["--plan", "ww", *map(str, more)]
        return run_job(job, doc=job.__doc__, argv=arguments)


def page(folder, root, day):
    """Make the page of a day; return its text."""
    assert run(folder, root, monitor_trial, "--as-known-on", day) == 0
    made = folder / "out" / "monitoring" / "ww" / day / "index.html"
    return made.read_text(encoding="utf-8")


def rows(text, caption):
    """First cell of each row of a table, and its other cells."""
    (table,) = (t for t in text.split("<table>") if f"<caption>{caption}" in t)
    found = {}
    for row in table.split("</table>")[0].split("<tr>")[2:]:
        head, *cells = re.split(r"<t[hd][^>]*>", row)[1:]
        told = [re.sub(r"<[^>]+>", "", cell).strip() for cell in (head, *cells)]
        found[told[0]] = told[1:]
    return found


def number(text):
    return int(text.replace(",", ""))


@pytest.mark.parametrize(
    ("day", "known_until"), [("2012-12-20", "2012-11-30"), ("2013-02-28", "2013-01-31")]
)
def test_a_page_counts_those_who_had_entered_by_what_was_known(
    place, root, day, known_until
):
    truth = place / "deliveries-truth" / "SYNTHETIC_truth_persons.parquet"
    until = dt.date.fromisoformat(known_until)
    entered = Counter(
        p["arm"]
        for p in pq.read_table(truth).to_pylist()
        if p["role"] == "enrolled" and p["benefit_start"] + THIRTEEN_WEEKS <= until
    )
    text = page(place, root, day)
    arms = rows(text, "Persons enrolled so far")
    found = {name.split()[0].lower(): number(row[0]) for name, row in arms.items()}
    assert found == dict(entered)
    months = rows(text, "By month of enrolment")
    *_, last = months.values()
    assert [number(n) for n in last[-2:]] == list(found.values())
    sites = rows(text, "By site")
    by_site = [[number(n) for n in row[:2]] for row in sites.values()]
    assert [sum(column) for column in zip(*by_site, strict=True)] == [*found.values()]


def test_the_same_day_gives_the_same_page(place, root):
    assert page(place, root, "2013-02-28") == page(place, root, "2013-02-28")


def test_a_day_before_anything_was_delivered_is_refused(place, root):
    assert run(place, root, monitor_trial, "--as-known-on", "2012-08-01") == 13
