"""A trial of offices: plan, twin, and what the plan refuses."""

import csv
import re

import pytest

from conftest import ROOT
from rctspark.config import read_plan
from rctspark.errors import PlanError
from rctspark.twin import find_twin

PLAN = ROOT / "conf" / "experiments" / "reintegration.yaml"


def write_in(folder):
    write, seed = find_twin("reintegration")
    write(folder / "in", truth=folder / "truth", seed=seed, scale=1)
    return folder / "in"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The delivery folder of the twin."""
    return write_in(tmp_path_factory.mktemp("reintegration"))


def test_the_same_seed_writes_the_same_bytes(written, tmp_path):
    one, other = written, write_in(tmp_path)
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert len(files) == 10
    assert all((one / f).read_bytes() == (other / f).read_bytes() for f in files)


def test_each_of_24_offices_has_one_arm_and_half_of_them_guide(written):
    (path,) = (written / "office_arms").glob("*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines(), delimiter=";"))
    arms = {
        row["KANTOOR"]: {r["ARM"] for r in rows if r["KANTOOR"] == row["KANTOOR"]}
        for row in rows[::15]
    }
    assert len(arms) == 24
    assert sorted("".join(found) for found in arms.values()) == ["G"] * 12 + ["U"] * 12


def test_every_file_says_that_it_is_made_up(written):
    files = [p for p in written.glob("*/*") if p.suffix != ".md"]
    assert files
    assert all("SYNTHETIC" in p.name for p in files)


def test_the_plan_states_errors_by_office():
    plan = read_plan(PLAN)
    assert (plan.inference.covariance, plan.inference.cluster) == ("CR2", "office")


def test_the_same_plan_with_three_offices_is_refused_with_the_reason(tmp_path):
    few, times = re.subn(
        r"categories: \[[^]]+\]",
        "categories: [office_01, office_02, office_03]",
        PLAN.read_text(),
    )
    assert times == 1
    path = tmp_path / "reintegration.yaml"
    path.write_text(few)
    with pytest.raises(PlanError, match="office has 3 categories") as refused:
        read_plan(path)
    assert "need at least 4, 2 in each" in str(refused.value)
    assert "nobody can tell the arm from the cluster" in str(refused.value)
