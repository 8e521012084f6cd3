"""Turn a test by repeated draws around: which effects does it not reject?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TIE = 1e-9
"""A share of a statistic below which two draws are the same up to rounding."""
ROUNDING = 1e-10
"""A share of an outcome's standard deviation below which a number is rounding."""
STEPS = 16
"""Halvings of the bracket: to a hundred-thousandth of a standard error."""
NEAR, FAR = 0.85, 1.2
"""The bracket that is tried first, in ends of the large-sample interval."""
WIDENINGS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Parabolas:
    """Differences and their variances in every draw, as the assumed effect moves.

    With an effect t taken out of the persons who had the arm, draw b has difference
    `difference - t shift` and variance `constant + t linear + t^2 quadratic`.

    Attributes:
        arm: Position of the arm that is compared with control.
        estimate: Shape (q,), difference as observed.
        variance: Shape (q,), its variance, which t does not move.
        scale: Shape (q,), standard deviation of each outcome.
        difference: Shape (B, q).
        shift: Shape (B, q).
        constant: Shape (B, q); NaN where an arm has fewer than two persons.
        linear: Shape (B, q).
        quadratic: Shape (B, q).
    """

    arm: int
    estimate: Floats
    variance: Floats
    scale: Floats
    difference: Floats
    shift: Floats
    constant: Floats
    linear: Floats
    quadratic: Floats

    @property
    def std_error(self) -> Floats:
        """Standard error of the observed difference; 0 where it is rounding."""
        error = np.sqrt(self.variance)
        found: Floats = np.where(error <= ROUNDING * self.scale, 0.0, error)
        return found

    @property
    def observed(self) -> Floats:
        """The studentised difference as observed."""
        return _studentise(self.estimate, self.variance, self.scale)

    def statistics(self, effect: Floats | float) -> Floats:
        """Return the studentised difference of every draw under an effect."""
        change = np.asarray(effect, dtype=np.float64)
        difference = self.difference - change * self.shift
        variance = self.constant + change * (self.linear + change * self.quadratic)
        return _studentise(difference, variance, self.scale)


def p_values(parabolas: Parabolas, effect: Floats) -> Floats:
    """Return (b + 1) / (B + 1) for an assumed effect of each outcome.

    Args:
        parabolas: Draws of q outcomes.
        effect: Shape (q,), the constant effects that are tested.

    Returns:
        Shape (q,).
    """
    p = parabolas
    known = p.std_error > 0
    spread = np.where(known, p.variance, 1.0)
    found = np.where(known, (p.estimate - effect) ** 2 / spread, 0.0) * (1 - TIE)
    # Squares are compared, without a root or a division per draw. The noise keeps a
    # draw in which nobody varies and nothing differs from counting as extreme.
    noise = (ROUNDING * p.scale) ** 2
    difference = p.shift * -effect
    difference += p.difference
    difference *= difference
    variance = p.quadratic * effect
    variance += p.linear
    variance *= effect
    variance += p.constant
    variance *= found
    variance += noise
    extreme = len(difference) - (difference < variance).sum(axis=0)
    none = (p.estimate == effect) | ~known
    counts: Floats = np.where(none, len(difference), extreme)
    share: Floats = (counts + 1.0) / (len(difference) + 1.0)
    return share


def invert(parabolas: Parabolas, *, level: float) -> tuple[Floats, Floats]:
    """Return the smallest and the largest effect that the draws do not reject.

    Found by halving, starting from the large-sample interval. Where an outcome does
    not vary at all, both ends are its estimate.

    Args:
        parabolas: Draws of q outcomes.
        level: Level of the interval: effects with p of 1 - level or less are out.

    Returns:
        Lower and upper ends, shape (q,) each; infinite where the draws are too few
        to reject any effect.
    """
    reach = float(stats.norm.ppf((1 + level) / 2)) * parabolas.std_error
    # Without it, 1 - 0.9 would be a little less than 50 draws of 500.
    alpha = 1 - level + TIE
    ends = []
    for side in (-1.0, 1.0):
        inside = parabolas.estimate + side * NEAR * reach
        outside = parabolas.estimate + side * FAR * reach
        is_in = p_values(parabolas, inside) > alpha
        inside = np.where(is_in, inside, parabolas.estimate)
        endless = np.zeros(reach.size, dtype=bool)
        for _ in range(WIDENINGS):
            endless = (p_values(parabolas, outside) > alpha) & (reach > 0)
            if not endless.any():
                break
            inside = np.where(endless, outside, inside)
            outside = np.where(endless, 2 * outside - parabolas.estimate, outside)
        for _ in range(STEPS):
            middle = (inside + outside) / 2
            kept = p_values(parabolas, middle) > alpha
            inside = np.where(kept, middle, inside)
            outside = np.where(kept, outside, middle)
        ends.append(np.where(endless, side * np.inf, (inside + outside) / 2))
    lower, upper = (np.where(reach > 0, end, parabolas.estimate) for end in ends)
    return lower, upper


def _studentise(difference: Floats, variance: Floats, scale: Floats) -> Floats:
    """Divide by the standard error; 0 over 0 is 0, anything else over 0 infinite."""
    error = np.sqrt(np.maximum(variance, 0.0))
    none = error <= ROUNDING * scale
    same = np.abs(difference) <= ROUNDING * scale
    ratio = difference / np.where(none, 1.0, error)
    ratio = np.where(none, np.where(same, 0.0, np.copysign(np.inf, difference)), ratio)
    found: Floats = np.where(np.isnan(ratio), np.inf, ratio)
    return found
