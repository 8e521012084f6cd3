"""The third experiment from its files to the effects, against a count of those files.

Twenty-four offices were drawn as a whole. What is counted here is read from the files
row by row, without the pipeline and without the twin's truth.
"""

import csv
import datetime as dt
import json
import re
from collections import defaultdict

import pytest
from deltalake import DeltaTable

import make_twin
from rctspark.errors import PlanError
from run_chain import run_chain

pytestmark = pytest.mark.long

LAST_DAY = dt.date(2016, 12, 31)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("offices") / "deliveries"
    arguments = ["--experiment", "reintegration", "--folder", str(folder)]
    assert make_twin.main(arguments) == 0
    return folder


@pytest.fixture(scope="module")
def effects(run, workplace, place):
    assert run(run_chain, "--plan", "reintegration", "--deliveries", place) == 0
    lake = workplace / "out" / "lake" / "experiments" / "reintegration"
    rows = DeltaTable(lake / "effects").to_pandas()
    return rows.set_index(["outcome", "horizon", "model"])


def rows_of(place, folder):
    (path,) = (place / folder).glob("SYNTHETIC*.csv")
    return list(csv.DictReader(path.read_text().splitlines(), delimiter=";"))


def months_later(day, months):
    """The same day some months later, or the last of the month if it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    return dt.date(year, month + 1, day.day)


def shares_out(place, months):
    """Share of each arm's persons whose benefit ended within so many months."""
    arms = {row["BSN"]: row["ARM"] for row in rows_of(place, "office_arms")}
    out = defaultdict(list)
    for row in rows_of(place, "ww_spells"):
        start, last = (
            dt.date.fromisoformat(row[name]) if row[name] else None
            for name in ("AANVANGSDATUM", "EINDDATUM")
        )
        end = months_later(start, months)
        if end <= LAST_DAY:
            gone = last is not None and last + dt.timedelta(days=1) <= end
            out[arms[row["BSN"]]].append(gone)
    return {arm: sum(found) / len(found) for arm, found in out.items()}


@pytest.mark.parametrize("months", [6, 9, 12])
def test_the_effect_on_exit_is_the_difference_of_shares_in_the_files(
    effects, place, months
):
    shares = shares_out(place, months)
    found = effects.loc[("exit", months, "unadjusted")]
    assert found["estimate"] == pytest.approx(shares["G"] - shares["U"], abs=1e-10)
    if months == 12:
        assert found["estimate"] == pytest.approx(0.02398, abs=5e-6)


def test_errors_are_those_of_24_offices_and_not_of_persons(effects, workplace):
    found = effects.loc[("exit", 12, "unadjusted")]
    assert found["covariance"] == "CR2"
    assert 10 < found["df"] < 24
    page = workplace / "out" / "report" / "reintegration" / "index.html"
    assert "Guidance" in page.read_text()


def test_the_same_plan_with_three_offices_stops_with_the_reason(
    run, root, workplace, place, tmp_path
):
    plan = (root / "conf" / "experiments" / "reintegration.yaml").read_text()
    few, times = re.subn(
        r"categories: \[[^]]+\]",
        "categories: [office_01, office_02, office_03]",
        plan,
    )
    assert times == 1
    path = tmp_path / "reintegration.yaml"
    path.write_text(few)
    before = set((workplace / "out" / "runs").glob("*.log"))
    code = run(run_chain, "--plan", path, "--deliveries", place)
    assert code == PlanError.exit_code
    (log,) = set((workplace / "out" / "runs").glob("*.log")) - before
    said = json.loads(log.read_text().splitlines()[-1])["message"]
    assert "office has 3 categories" in said
    assert "nobody can tell the arm from the cluster" in said
