"""The files of the twin of 2018-2019: labelled and repeatable."""

from __future__ import annotations

import hashlib

import pyarrow.parquet as pq
import pytest

from rctspark.twin.www import write_www_registers
from reference.www_registers import rows
from twin.www.conftest import SEED


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_every_file_is_labelled(twin, tmp_path):
    deliveries, truth, summary = twin
    write_www_registers(tmp_path / "d", truth=tmp_path / "t", seed=SEED)
    assert digests(tmp_path / "d") == digests(deliveries)
    assert digests(tmp_path / "t") == digests(truth)
    for folder in (deliveries, truth):
        files = [p for p in folder.rglob("*") if p.is_file() and p.name != "README.md"]
        assert all(p.name.startswith("SYNTHETIC") for p in files)
    assert summary.enrolled == 787
    assert summary.persons == 13650


@pytest.mark.long
def test_a_twin_of_scale_two_has_everything_twice(twin, tmp_path):
    one = twin[2]
    two = write_www_registers(tmp_path / "d", truth=tmp_path / "t", seed=SEED, scale=2)
    for counts in ("enrolled_per_arm", "persons_per_role", "faulty_rows"):
        twice = {name: 2 * n for name, n in getattr(one, counts).items()}
        assert getattr(two, counts) == twice, counts
    assert set(two.rows_per_file) == set(one.rows_per_file)
    persons = pq.read_table(tmp_path / "t" / "SYNTHETIC_truth_persons.parquet")
    assert len(persons["rinperson"].unique()) == persons.num_rows == 2 * 13650
    listed = rows(tmp_path / "d", "aanmeldingen")
    assert len({r["RINPERSOON"] for r in listed}) == 2 * 787
