"""kill -9 of the whole process group, at the moments that hurt."""

import os
import shutil
import signal
import subprocess
import sys

import pandas as pd
import pytest
from deltalake import DeltaTable

from places import write_settings
from rctspark.runtime.secret import make_key

MOMENTS = ("candidate", "gate", "tables", "release")
FILE = "penn_reemployment_bonus.dat"
VOLATILE = ["loaded_at", "cells"]


@pytest.fixture(scope="module")
def rows(shared):
    return (shared / "data" / FILE).read_text().splitlines()


def deliver(folder, lines):
    """Lay the file down as a delivery."""
    below = folder / "penn_claims"
    below.mkdir(parents=True, exist_ok=True)
    (below / FILE).write_text("\n".join(lines) + "\n")
    return folder


def ingest(root, place, moment, deliveries):
    """Run the job in a process group of its own; return its exit code and output."""
    command = [sys.executable, str(root / "tests/jobs/strike.py"), moment]
    command += [str(place / "out" / "lake"), "--plan", "penn"]
    command += ["--deliveries", str(deliveries), "--root", str(root)]
    paths = os.pathsep.join(str(root / name) for name in ("src", "jobs"))
    environment = os.environ | {
        "PYTHONPATH": paths,
        "RCTSPARK_CONF": str(write_settings(place)),
    }
    ended = subprocess.run(
        command,
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def published(place):
    """Every published table, as a reader without Spark finds it at its newest."""
    tables = {}
    for log in sorted((place / "out" / "lake").glob("registers/*/*/_delta_log")):
        name = log.parent.name
        if name in ("gate_results", "releases") or not any(log.glob("*.json")):
            continue
        rows = DeltaTable(log.parent).to_pandas()
        rows = rows.drop(columns=[c for c in VOLATILE if c in rows])
        order = [c for c in rows if c != "traits"]
        rows = rows.assign(**{c: rows[c].astype(str) for c in rows})
        tables[name] = rows.sort_values(order, ignore_index=True)
    return tables


def visible(place):
    """What a reader of the newest release sees: table to version."""
    releases = place / "out" / "lake" / "registers" / "penn" / "releases"
    if not releases.is_dir():
        return {}
    rows = DeltaTable(releases).to_pandas().sort_values("released_at")
    return dict(rows["versions"].iloc[-1]) if len(rows) else {}


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
    print(f"{moment}: exit {code}: {said.splitlines()[-1]}")
    assert code == -signal.SIGKILL
    assert "STRUCK" in said
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
