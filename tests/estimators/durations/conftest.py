"""Drawn durations, R's numbers for them, and the Rossi trial as person-weeks."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rctspark.contracts.durations import Durations, PersonPeriods, RiskRows
from rctspark.estimators.durations import expand_person_periods

ROSSI_NAMES = ("fin", "age", "race", "wexp", "mar", "paro", "prio")


@pytest.fixture(scope="session")
def r_numbers(root) -> dict:
    """What R's survival and cmprsk say: tests/reference/r/durations.R."""
    path = root / "tests" / "reference" / "r" / "durations.json"
    return json.loads(path.read_text(encoding="utf-8"))


def durations_of(persons, *, stratum=None) -> Durations:
    return Durations(
        time=np.array(persons["time"], dtype=float),
        cause=np.array(persons["cause"], dtype=np.int64),
        causes=("job", "other"),
        arm=np.array(persons["arm"], dtype=np.str_),
        stratum=None if stratum is None else np.array(persons[stratum]),
    )


@pytest.fixture(scope="session")
def durations(r_numbers) -> Durations:
    return durations_of(r_numbers["persons"])


@pytest.fixture(scope="session")
def by_site(r_numbers) -> Durations:
    return durations_of(r_numbers["persons"], stratum="site")


@pytest.fixture(scope="session")
def rows(r_numbers) -> RiskRows:
    found = r_numbers["rows"]
    names = ("zia", "hia", "age", "working")
    return RiskRows(
        person=np.array(found["person"]),
        start=np.array(found["start"], dtype=float),
        stop=np.array(found["stop"], dtype=float),
        cause=np.array(found["cause"]),
        causes=("job", "other"),
        covariates=np.column_stack([found[name] for name in names]).astype(float),
        names=names,
        stratum=np.array(found["site"]),
    )


@pytest.fixture(scope="session")
def rossi_file(shared) -> pd.DataFrame:
    path = shared / "data" / "rossi_recidivism.csv"
    if not path.is_file():
        pytest.skip("the Rossi trial's file is not in ../shared/data")
    return pd.read_csv(path)


@pytest.fixture(scope="session")
def rossi(rossi_file) -> PersonPeriods:
    """One row per person and week at risk; employment in the week comes last."""
    yes = {
        name: (rossi_file[name] == "yes").to_numpy(float)
        for name in ("fin", "wexp", "paro")
    }
    columns = {
        **yes,
        "age": rossi_file["age"],
        "race": rossi_file["race"] == "black",
        "mar": rossi_file["mar"] == "married",
        "prio": rossi_file["prio"],
    }
    weeks = expand_person_periods(
        rossi_file["week"].to_numpy(),
        rossi_file["arrest"].to_numpy() == 1,
        covariates=np.column_stack([columns[n] for n in ROSSI_NAMES]).astype(float),
        names=ROSSI_NAMES,
        unit="week",
    )
    employed = (rossi_file.filter(regex=r"^emp\d") == "yes").to_numpy(float)
    working = employed[weeks.person, weeks.period - 1]
    return PersonPeriods(
        period=weeks.period,
        at_risk=weeks.at_risk,
        exits=weeks.exits,
        covariates=np.column_stack([weeks.covariates, working]),
        names=(*ROSSI_NAMES, "emp"),
        person=weeks.person,
        unit="week",
    )
