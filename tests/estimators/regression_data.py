"""Data and R's numbers for the tests of regressions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from estimators.conftest import sample_of
from rctspark.config.plan import Inference, Model
from rctspark.config.settings import Thresholds
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.sources import CellSums, PersonSums, make_cells

FOLDER = Path(__file__).parents[1] / "reference" / "r"
R = json.loads((FOLDER / "regression.json").read_text())
ROWS = pd.read_csv(FOLDER / "regression.csv")
ARMS = ("control", "zia", "hia")
RECEIPTS = (("got_zia", 0), ("got_hia", 0))
THRESHOLDS = Thresholds()


def trial(rows=ROWS, *, arm="arm", outcomes=("y",)):
    """The made-up trial behind R's numbers."""
    office = rows["office"].to_numpy()
    offices = np.arange(2, 13)
    columns = {
        "age": ("age",),
        "wage": ("wage",),
        "office": tuple(f"office={i}" for i in offices),
        "late": ("late=yes",),
    }
    return sample_of(
        rows[arm].to_numpy(dtype=str).copy(),
        {(name, 0): rows[name].to_numpy(dtype=float).copy() for name in outcomes},
        {
            "age": rows["age"].to_numpy(dtype=float).copy(),
            "wage": rows["wage"].to_numpy(dtype=float).copy(),
            "office": office[:, None] == offices,
            "late": office > 6,
        },
        columns,
    )


def persons(sample, arms=ARMS, **given):
    """The sample as a source."""
    return PersonSums(sample, tuple(arms), **given)


def cells(sample, arms=ARMS, receipts=()):
    """The same, put together into cells."""
    return CellSums(make_cells(sample, arms=arms, receipts=receipts))


def by(covariance, level=0.90):
    """How uncertainty is stated; clusters are offices."""
    cluster = "office" if covariance.startswith("CR") else None
    return Inference(covariance=covariance, cluster=cluster, level=level)


def model(**given):
    """A model named m."""
    return Model(**({"name": "m"} | given))


def numbers(contrasts, name="std_error"):
    """One figure of each contrast."""
    return [getattr(c, name) for c in contrasts]


class Scattered:
    """Any source, cut into parts that are added up apart, sent, and merged.

    What a Spark table does, without Spark.
    """

    def __init__(self, source, cuts):
        self.source = source
        self.cuts = cuts
        self.arms, self.columns = source.arms, source.columns
        self.outcomes, self.is_weighted = source.outcomes, source.is_weighted

    def add_up(self, empty, *, outcomes=None):
        import pickle

        blocks = []

        class Keep:
            def add(self, block):
                blocks.append(block)

        self.source.add_up(Keep(), outcomes=outcomes)
        blank = pickle.dumps(empty)
        for block in blocks:
            edges = [0, *sorted({c % (len(block.arm) + 1) for c in self.cuts})]
            for first, last in zip(edges, [*edges[1:], len(block.arm)], strict=True):
                part = pickle.loads(blank)  # noqa: S301
                rows = slice(first, last)
                part.add(
                    type(block)(
                        *(
                            None if v is None else v[rows]
                            for v in (
                                block.arm,
                                block.columns,
                                block.means,
                                block.counts,
                                block.squares,
                                block.weights,
                            )
                        )
                    )
                )
                empty.merge(pickle.loads(pickle.dumps(part)))  # noqa: S301
        return empty


def linear(source, *models, inference=None):
    """Least squares by the sums of a source."""
    return estimate_linear(
        source,
        models=models or (model(covariates=("age", "wage")),),
        inference=inference or by("HC1"),
        thresholds=THRESHOLDS,
    )
