"""Printed coefficients as aims: what a regression makes of who has work.

With the covariates given, a coefficient is a weighted sum of the outcome, and its
robust variance (HC1) a quadratic form of it. Both follow a change of two persons from
a few numbers that are known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Floats
    from rctspark.twin.www.targets import Printed

HALF = 0.0005
"""Half of the last printed decimal: of shares, or of tenths of a percentage point."""
INSIDE = 0.96
"""Part of the room for rounding that is used."""
UPPER_TAIL = 0.95
STEP_OF_T = 0.008
"""What counts as one step of a t-value that has to pass a threshold."""
STEP_OF_SE = HALF / 4
"""The same of a standard error, which hardly any change moves by much."""
ESTIMATE, SE, T, LOW, HIGH = range(5)


@dataclass(frozen=True, slots=True)
class Aim:
    """One printed coefficient of one outcome.

    Attributes:
        weights: The coefficient is their product with the outcome, by person.
        form: Its robust variance is this quadratic form of the outcome.
        level: Place of the outcome.
        critical: Standard errors from the coefficient to an end of its interval.
        least: Lowest estimate, standard error, t and ends that round as printed.
        most: Highest of the same.
        step: What counts as one step off.
    """

    weights: Floats
    form: Floats
    level: int
    critical: float
    least: Floats
    most: Floats
    step: Floats


class Regression:
    """Least squares of some persons on columns known before the start.

    Attributes:
        rows: By column, what its coefficient takes of each person's outcome.
        critical: Standard errors from a coefficient to an end of its interval.
    """

    def __init__(self, design: Floats, known: Bools) -> None:
        """Prepare a regression.

        Args:
            design: Columns for everyone.
            known: Who is in it.
        """
        inside = design[known].astype(float)
        self.rows = np.zeros((inside.shape[1], known.size))
        self.rows[:, known] = np.linalg.pinv(inside)
        self._basis = np.zeros((known.size, inside.shape[1]))
        self._basis[known] = np.linalg.qr(inside)[0]
        self._df = inside.shape[0] - inside.shape[1]
        self._scale = inside.shape[0] / self._df
        self.critical = float(special.stdtrit(self._df, UPPER_TAIL))
        self._forms: dict[int, Floats] = {}

    def aim(self, column: int, level: int, printed: Printed) -> Aim:
        """Return what a coefficient must become.

        Args:
            column: Its column in the design.
            level: Place of the outcome.
            printed: What is printed of it.

        Returns:
            The aim; aims of one column share one form.
        """
        least, most, step = self._bounds(printed)
        return Aim(
            self.rows[column],
            self.form(column),
            level,
            self.critical,
            least,
            most,
            step,
        )

    def form(self, column: int) -> Floats:
        """Return the form of the outcome that is a coefficient's robust variance."""
        if column not in self._forms:
            self._forms[column] = self._form(self.rows[column])
        return self._forms[column]

    def _form(self, weights: Floats) -> Floats:
        """Sum of squared weights times residuals, as a form of the outcome."""
        squares, basis = weights**2, self._basis
        once = basis @ (basis.T * squares)
        twice = (once @ basis) @ basis.T
        form: Floats = self._scale * (np.diag(squares) - once - once.T + twice)
        return form

    def _bounds(self, printed: Printed) -> tuple[Floats, Floats, Floats]:
        least, most = np.full(5, -np.inf), np.full(5, np.inf)
        step = np.array((HALF, STEP_OF_SE, HALF, HALF, HALF))
        exact = (
            (ESTIMATE, printed.estimate),
            (SE, printed.se),
            (LOW, printed.low),
            (HIGH, printed.high),
        )
        for place, value in exact:
            if value is not None:
                least[place] = value - INSIDE * HALF
                most[place] = value + INSIDE * HALF
        if printed.p is not None:
            sign = -1 if (printed.estimate or 0) < 0 else 1
            tails = 1 - (printed.p + np.array((1, -1)) * sign * INSIDE * HALF) / 2
            least[T], most[T] = sign * special.stdtrit(self._df, tails)
            step[T] = (most[T] - least[T]) / (2 * INSIDE)
        elif printed.is_significant is not None:
            step[T] = STEP_OF_T
            if printed.is_significant:
                least[T] = self.critical + STEP_OF_T / 2
            else:
                most[T] = self.critical - STEP_OF_T / 2
                least[T] = -most[T]
        if printed.p is not None and printed.se is not None:
            _narrow(least, most)
        return least, most, step


def _narrow(least: Floats, most: Floats) -> None:
    """Leave of an estimate and its error what the other and the p-value allow."""
    if least[ESTIMATE] * most[ESTIMATE] > 0:
        low, high = sorted((abs(least[ESTIMATE]), abs(most[ESTIMATE])))
        near, far = sorted((abs(least[T]), abs(most[T])))
        least[SE], most[SE] = max(least[SE], low / far), min(most[SE], high / near)
    sides = [error * t for error in (least[SE], most[SE]) for t in (least[T], most[T])]
    least[ESTIMATE] = max(least[ESTIMATE], min(sides))
    most[ESTIMATE] = min(most[ESTIMATE], max(sides))


def narrow_sum(whole: Aim, one: Aim, other: Aim) -> None:
    """Leave of two parts what their sum allows, each being the rest of the other.

    Args:
        whole: Aim of the sum of two outcomes; all three are of one column.
        one: Aim of the one.
        other: Aim of the other.
    """
    for part, rest in ((one, other), (other, one)):
        low = whole.least[ESTIMATE] - rest.most[ESTIMATE]
        high = whole.most[ESTIMATE] - rest.least[ESTIMATE]
        part.least[ESTIMATE] = max(part.least[ESTIMATE], low)
        part.most[ESTIMATE] = min(part.most[ESTIMATE], high)
    both = one.most[ESTIMATE] + other.most[ESTIMATE]
    whole.most[ESTIMATE] = min(whole.most[ESTIMATE], both)
    both = one.least[ESTIMATE] + other.least[ESTIMATE]
    whole.least[ESTIMATE] = max(whole.least[ESTIMATE], both)
    for aim in (whole, one, other):
        _narrow(aim.least, aim.most)
