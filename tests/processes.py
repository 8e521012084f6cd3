"""The ingest job as processes of their own, and what readers see of their lake."""

import os
import subprocess
import sys

from deltalake import DeltaTable

from places import write_settings

FILE = "penn_reemployment_bonus.dat"
VOLATILE = ["loaded_at", "cells"]


def deliver(folder, lines):
    """Lay the file down as a delivery."""
    below = folder / "penn_claims"
    below.mkdir(parents=True, exist_ok=True)
    (below / FILE).write_text("\n".join(lines) + "\n")
    return folder


def start(root, place, moment, deliveries):
    """Start the job in a process group of its own, to be struck at a moment."""
    command = [sys.executable, str(root / "tests/jobs/strike.py"), moment]
    command += [str(place / "out" / "lake"), "--plan", "penn"]
    command += ["--deliveries", str(deliveries), "--root", str(root)]
    paths = os.pathsep.join(str(root / name) for name in ("src", "jobs"))
    environment = os.environ | {
        "PYTHONPATH": paths,
        "RCTSPARK_CONF": str(write_settings(place)),
    }
    return subprocess.Popen(
        command,
        env=environment,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def ingest(root, place, moment, deliveries):
    """Run the job to its end; return its exit code and output."""
    job = start(root, place, moment, deliveries)
    said, _ = job.communicate()
    return job.returncode, said


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
