"""Trials in arrays, drawn and real."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rctspark.config.plan import Inference, Model
from rctspark.config.settings import Thresholds
from rctspark.contracts.sample import AnalysisSample

PENN_ARMS = ("control", *(f"bonus_{i}" for i in range(1, 7)))
PENN_NUMBERS = (
    *("female", "black", "othrace", "agelt35", "agegt54", "durable", "lusd", "husd"),
    *(f"q{quarter}" for quarter in range(2, 7)),
)
PENN_CONTROLS = tuple(sorted([*PENN_NUMBERS, "dep"]))


@pytest.fixture
def unadjusted() -> Model:
    return Model(name="unadjusted")


@pytest.fixture
def thresholds() -> Thresholds:
    return Thresholds()


@pytest.fixture
def hc1() -> Inference:
    return Inference(covariance="HC1", level=0.90)


def sample_of(arm, outcomes, covariates=None, columns=None) -> AnalysisSample:
    """A sample from plain arrays; a covariate of shape (n,) is a number."""
    blocks = {
        name: np.asarray(values, dtype=float).reshape(len(arm), -1)
        for name, values in (covariates or {}).items()
    }
    names = {name: (name,) for name in blocks} | (columns or {})
    return AnalysisSample(
        arm=np.asarray(arm, dtype=np.str_),
        covariates=blocks,
        columns=names,
        outcomes={key: np.asarray(v, dtype=float) for key, v in outcomes.items()},
    )


@pytest.fixture(scope="session")
def penn(shared) -> AnalysisSample:
    """The Penn trial, all seven groups, from the original file."""
    path = shared / "data" / "penn_reemployment_bonus.dat"
    if not path.is_file():
        pytest.skip("the Penn trial's file is not in ../shared/data")
    claims = pd.read_csv(path, sep=r"\s+")
    weeks = claims["inuidur1"].to_numpy(dtype=float)
    dep = claims["dep"].to_numpy()
    return sample_of(
        np.array(PENN_ARMS)[claims["tg"].to_numpy()],
        {
            ("weeks", 0): weeks,
            ("log_weeks", 0): np.log(weeks),
            ("exit", 10): weeks <= 10,
        },
        {name: claims[name] for name in PENN_NUMBERS}
        | {"dep": np.column_stack([dep == 1, dep == 2])},
        {"dep": ("dep=1", "dep=2")},
    )


def keep(sample: AnalysisSample, persons) -> AnalysisSample:
    """The sample of some of its persons."""
    return AnalysisSample(
        arm=sample.arm[persons],
        covariates={k: v[persons] for k, v in sample.covariates.items()},
        columns=sample.columns,
        outcomes={k: v[persons] for k, v in sample.outcomes.items()},
    )
