"""What the driver's own work takes: repeated draws, and the algebra after the sums.

10,000 draws of 752 persons in four arms, ten outcomes in sixteen months: drawing,
statistics, step-down, and p-values with intervals by inversion. Then 480 regressions
(`regression.py`) from sums that are there already: what is left to do, whatever the
number of persons, once a table has been gone through.

    python benchmarks/driver.py [draws] [algebra]
"""

from __future__ import annotations

import pickle
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import regression
from rctspark.contracts.sample import AnalysisSample
from rctspark.estimators.families.multiplicity import step_down
from rctspark.estimators.randomised.draw import draw_strata
from rctspark.estimators.randomised.misfits import Dealing
from rctspark.estimators.randomised.randomisation import (
    Redraw,
    estimate_by_draws,
    redraw_statistics,
)
from rctspark.estimators.regression.sources import PersonSums

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PERSONS, DRAWS, MONTHS, OUTCOMES = 752, 10_000, 16, 10
STRATA = np.repeat(np.arange(9), (161, 24, 197, 223, 30, 2, 45, 66, 4))
SEED = 20180504
SAMPLE = 20_000


def timed(what: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 (anything)
    """Do something and print how long it took."""
    began, processor = time.perf_counter(), time.process_time()
    found = work()
    seconds = time.perf_counter() - began
    print(
        f"{what}: {seconds:.2f} s, {time.process_time() - processor:.2f} s of processor"
    )
    return found


def run_draws() -> None:
    """Repeat the draw of experiment B's size."""
    random = np.random.default_rng(SEED)
    draw = partial(draw_strata, strata=STRATA, dealing=Dealing(ratio=(1, 1, 1, 1)))
    arm = draw(random, 1)[0]
    outcomes = {
        (f"o{o}", m): (random.random(PERSONS) < 0.2 + 0.01 * m).astype(float)
        for o in range(OUTCOMES)
        for m in range(1, MONTHS + 1)
    }
    drawn = timed("10,000 draws", lambda: draw(random, DRAWS))
    found, redrawn = timed(
        "statistics of 480 effects in each",
        lambda: redraw_statistics(outcomes, arm, drawn, arms=regression.ARMS),
    )
    timed("step-down over the 480", lambda: step_down(found, redrawn))
    timed(
        "draws, p-values and intervals by inversion",
        lambda: estimate_by_draws(
            outcomes,
            arm,
            draw,
            random,
            arms=regression.ARMS,
            redraw=Redraw(draws=DRAWS),
        ),
    )


class Kept:
    """Sums that an earlier run made, handed over again in the same order."""

    def __init__(self, source: PersonSums) -> None:
        """Begin with none."""
        self.source, self.made, self.place = source, [], 0
        self.arms, self.columns = source.arms, source.columns
        self.outcomes, self.is_weighted = source.outcomes, False

    def add_up(self, empty: Any, *, outcomes: Sequence[int] | None = None) -> Any:  # noqa: ANN401 (any sums)
        """Add up once; then give what was made."""
        if self.place == len(self.made):
            found = self.source.add_up(empty, outcomes=outcomes)
            self.made.append(pickle.dumps(found))
        self.place += 1
        return pickle.loads(self.made[self.place - 1])  # noqa: S301 (made here)


def run_algebra() -> None:
    """Estimate 480 regressions from sums over some persons that are there."""
    random = np.random.default_rng(regression.SEED)
    rows = regression._columns(random, SAMPLE, 0)  # noqa: SLF001 (the same persons)
    coded: dict[str, Any] = {n: rows[n][:, None] for n in regression.NUMBERS}
    columns = {n: (n,) for n in regression.NUMBERS}
    for name, values in regression.CATEGORIES.items():
        coded[name] = (rows[name][:, None] == np.array(values[1:])).astype(float)
        columns[name] = tuple(f"{name}={v}" for v in values[1:])
    measured = regression.keys()
    sample = AnalysisSample(
        arm=rows["arm"].astype(np.str_),
        covariates=coded,
        columns=columns,
        outcomes={(o, m): rows[f"{o}@{m}"] for o, m in measured},
    )
    kept = Kept(PersonSums(sample, regression.ARMS))
    regression.effects(kept, regression.MODELS)
    kept.place = 0
    timed(
        "480 regressions from sums that are there",
        lambda: regression.effects(kept, regression.MODELS),
    )
    size = sum(map(len, kept.made)) / 1e6
    print(f"{len(kept.made)} sums of {size:.1f} MB together")


if __name__ == "__main__":
    parts = {"draws": run_draws, "algebra": run_algebra}
    for part in sys.argv[1:] or parts:
        parts[part]()
