"""The files of the twin of 2018-2019: labelled and repeatable."""

from __future__ import annotations

import hashlib

from rctspark.twin.www import write_www_registers
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
