"""Simulated trials of every estimator: does it keep what its intervals promise?

A subject is a file beside this one with `CASES`: case name to a function that draws
one trial with a generator and says, by name of figure, whether the interval held the
truth, whether a test rejected (True or False), or any number. `python running.py
regression` runs its cases and writes `results/regression.csv`. Trial i of a case has
a generator of its own, seeded by the run's seed, the case and i, so a run that was
stopped carries on with the next trial and ends with the same figures.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import os
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    Simulate = Callable[[np.random.Generator], Mapping[str, bool | float]]

HERE = Path(__file__).resolve().parent
SEED = 20180504
"""The day of one of the draws; no other was tried."""
TRIALS = 2000
SAVE_SECONDS = 15
HEADER = (
    "case",
    "figure",
    "trials",
    "seed",
    "value",
    "monte_carlo_error",
    "nominal",
    "errors_from_nominal",
    "sum",
    "sum_of_squares",
    "is_share",
)
NOMINAL = (
    ("reject", 0.05),
    (": test", 0.05),
    ("cover", 0.90),
    ("held", 0.90),
    (": interval", 0.90),
)
"""What stands in a figure's name, and the share that it should be."""


@dataclass(slots=True)
class Tally:
    """What the trials of one figure add up to.

    Attributes:
        trials: Trials so far.
        total: Sum of the values; of hits, where they are true or false.
        squares: Sum of squared values.
        is_share: Whether values are true or false.
    """

    trials: int = 0
    total: float = 0.0
    squares: float = 0.0
    is_share: bool = True

    def add(self, value: bool | float) -> None:  # noqa: FBT001 (a hit or a number)
        """Add a trial."""
        self.trials += 1
        self.total += float(value)
        self.squares += float(value) ** 2
        self.is_share = self.is_share and isinstance(value, (bool, np.bool_))

    @property
    def value(self) -> float:
        """Share of hits, or mean."""
        return self.total / self.trials

    def error(self, nominal: float | None) -> float:
        """Monte Carlo standard error; of a share, at its nominal value."""
        if self.is_share:
            share = self.value if nominal is None else nominal
            return float(np.sqrt(share * (1 - share) / self.trials))
        variance = max(self.squares / self.trials - self.value**2, 0.0)
        return float(np.sqrt(variance / self.trials))


@dataclass(slots=True)
class Results:
    """The figures of one subject, kept in a file.

    Attributes:
        path: The file.
        seed: Seed of the run.
        nominal: Figure to the share promised, where its name does not say.
        tallies: Case and figure to tally.
    """

    path: Path
    seed: int
    nominal: Mapping[str, float] = field(default_factory=dict)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def read(self) -> None:
        """Take up what an earlier run with the same seed left."""
        if not self.path.is_file():
            return
        with self.path.open(newline="") as file:
            for row in csv.DictReader(file):
                if int(row["seed"]) != self.seed:
                    raise SystemExit(f"{self.path.name} rests on another seed")
                self.tallies[row["case"], row["figure"]] = Tally(
                    trials=int(row["trials"]),
                    total=float(row["sum"]),
                    squares=float(row["sum_of_squares"]),
                    is_share=row["is_share"] == "True",
                )

    def done(self, case: str) -> int:
        """Return how many trials of a case are done."""
        counts = [t.trials for (c, _), t in self.tallies.items() if c == case]
        return max(counts, default=0)

    def add(self, case: str, found: Mapping[str, bool | float]) -> None:
        """Add one trial."""
        for figure, value in found.items():
            self.tallies.setdefault((case, figure), Tally()).add(value)

    def promised(self, figure: str, tally: Tally) -> float | None:
        """Return the share that a figure should be. None: nothing is promised.

        By the subject's `NOMINAL`, which names figures; else by the figure's name.
        """
        if figure in self.nominal:
            return self.nominal[figure]
        if not tally.is_share:
            return None
        return next((share for word, share in NOMINAL if word in figure), None)

    def write(self) -> None:
        """Write the file; a stop in between leaves the one before."""
        part = self.path.with_suffix(".part")
        with part.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            for (case, figure), tally in self.tallies.items():
                nominal = self.promised(figure, tally)
                error = tally.error(nominal)
                away = ""
                if nominal is not None and error:
                    away = f"{(tally.value - nominal) / error:.2f}"
                writer.writerow(
                    (
                        case,
                        figure,
                        tally.trials,
                        self.seed,
                        f"{tally.value:.6g}",
                        f"{error:.3g}",
                        "" if nominal is None else nominal,
                        away,
                        repr(tally.total),
                        repr(tally.squares),
                        tally.is_share,
                    )
                )
        part.replace(self.path)


def trial_generator(seed: int, case: str, trial: int) -> np.random.Generator:
    """Return the generator of one trial."""
    return np.random.default_rng([seed, zlib.crc32(case.encode()), trial])


def simulate(
    case: str, function: Simulate, *, trials: int, seed: int = SEED
) -> dict[str, Tally]:
    """Run some trials of one case without a file: the short version, for tests.

    Args:
        case: Its name.
        function: Draws one trial.
        trials: How many.
        seed: Seed of the run.

    Returns:
        Figure to tally.
    """
    results = Results(Path("unused"), seed)
    for trial in range(trials):
        results.add(case, function(trial_generator(seed, case, trial)))
    return {figure: tally for (_, figure), tally in results.tallies.items()}


def run(
    subject: str,
    cases: Mapping[str, Simulate],
    *,
    trials: int,
    trials_of: Mapping[str, int],
    nominal: Mapping[str, float],
    seed: int = SEED,
) -> Path:
    """Run the trials that are not done yet, and keep what they say.

    Args:
        subject: Name of the file of results.
        cases: The cases.
        trials: Trials per case.
        trials_of: Case to another number of trials.
        nominal: Figure to the share promised.
        seed: Seed of the run.

    Returns:
        The file of results.
    """
    results = Results(HERE / "results" / f"{subject}.csv", seed, nominal)
    results.path.parent.mkdir(exist_ok=True)
    results.read()
    for case, function in cases.items():
        began, saved = time.monotonic(), time.monotonic()
        first, last = results.done(case), trials_of.get(case, trials)
        for trial in range(first, last):
            results.add(case, function(trial_generator(seed, case, trial)))
            if time.monotonic() - saved > SAVE_SECONDS:
                results.write()
                saved = time.monotonic()
        results.write()
        print(f"{case}: {max(first, last)} trials, {time.monotonic() - began:.0f} s")
    return results.path


def load(subject: str) -> ModuleType:
    """Load the file of a subject."""
    spec = importlib.util.spec_from_file_location(subject, HERE / f"{subject}.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"no subject is called {subject}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Run the subjects named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="+")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--case", action="append", help="only these cases")
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for subject in given.subjects:
        module = load(subject)
        cases = {
            name: function
            for name, function in module.CASES.items()
            if not given.case or name in given.case
        }
        path = run(
            subject,
            cases,
            trials=given.trials,
            trials_of=getattr(module, "TRIALS", {}),
            nominal=getattr(module, "NOMINAL", {}),
        )
        print(path.read_text())


if __name__ == "__main__":
    main()
