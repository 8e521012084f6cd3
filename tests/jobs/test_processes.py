"""Processes killed with their group at the moments that hurt, and two at once."""

import shutil
import signal

import pandas as pd
import pytest

from processes import FILE, deliver, ingest, published, start, visible
from rctspark.runtime.secret import make_key

MOMENTS = ("candidate", "gate", "tables", "release")


@pytest.fixture(scope="module")
def rows(shared):
    return (shared / "data" / FILE).read_text().splitlines()


@pytest.fixture(scope="module")
def undisturbed(root, rows, tmp_path_factory):
    """A lake to which the job went through, and the key that it used."""
    place = tmp_path_factory.mktemp("undisturbed")
    make_key(place / "key")
    deliveries = deliver(place / "deliveries", rows[:400])
    code, said = ingest(root, place, "never", deliveries)
    assert code == 0, said
    return place


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_half_written_is_visible_and_running_again_ends_in_the_same_tables(
    root, undisturbed, tmp_path, moment
):
    shutil.copy(undisturbed / "key", tmp_path / "key")
    deliveries = undisturbed / "deliveries"
    code, said = ingest(root, tmp_path, moment, deliveries)
    struck = [line for line in said.splitlines() if line.startswith("STRUCK")]
    print(f"{moment}: exit {code}: {struck}")
    assert code == -signal.SIGKILL
    assert struck
    assert visible(tmp_path) == {}
    # What lies at a published path, if anything does, has passed the gate as a whole.
    whole = published(undisturbed)
    for name, table in published(tmp_path).items():
        pd.testing.assert_frame_equal(table, whole[name])
    code, said = ingest(root, tmp_path, "never", deliveries)
    assert code == 0, said
    assert set(visible(tmp_path)) == set(visible(undisturbed))
    again = published(tmp_path)
    assert set(again) == set(whole)
    for name, table in whole.items():
        pd.testing.assert_frame_equal(again[name], table)


@pytest.mark.long
def test_two_runs_at_once_end_in_the_same_tables_as_one(root, undisturbed, tmp_path):
    shutil.copy(undisturbed / "key", tmp_path / "key")
    deliveries = undisturbed / "deliveries"
    jobs = [start(root, tmp_path, "never", deliveries) for _ in range(2)]
    said = [job.communicate()[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], said
    whole, both = published(undisturbed), published(tmp_path)
    assert set(both) == set(whole)
    for name, table in whole.items():
        pd.testing.assert_frame_equal(both[name], table)
