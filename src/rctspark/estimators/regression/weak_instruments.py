"""What can be said however weakly assignment moves what is received.

Everything rests on the regressions of the outcome and of each receipt on the
instruments: their coefficients C and the covariances T of these. For weights w over
the equations (1 for the outcome, minus the effect for each receipt), instruments must
not move the combination: C w is zero but for sampling, with covariance T(w), a
quadratic in w.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, stats

from rctspark.contracts.regression import AndersonRubin

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEWTON_STEPS = 50
SMALL = 1e-14
EXACT = 1e-9
"""Share of the ordinary variance below which a move has no sampling error."""
FAR = 1e6
"""Standard errors from the estimate at which an interval counts as unbounded."""
BIAS, WEAK_TEST = 0.10, 0.05
"""Bias, as a share of the worst case, beyond which instruments are weak; its test."""


@dataclass(frozen=True, slots=True, eq=False)
class ReducedForm:
    """Outcome and receipts regressed on the instruments, covariates taken out.

    Attributes:
        coefficients: Shape (z, 1 + m): z instruments; the outcome, then m receipts.
        covariances: Shape (1 + m, 1 + m, z, z), between the equations' coefficients.
        strength: Shape (z, z), sums of products of the instruments.
        df: Residual degrees of freedom.
    """

    coefficients: Floats
    covariances: Floats
    strength: Floats
    df: float
    _inverse: Floats = field(init=False, repr=False)
    _usual: Floats = field(init=False, repr=False)
    _both: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out once what every combination of the equations needs."""
        inverse = np.sqrt(np.diag(np.linalg.inv(self.strength)))
        errors = np.sqrt(np.maximum(np.einsum("aaii->ai", self.covariances), 0))
        both = self.covariances + self.covariances.transpose(1, 0, 3, 2)
        object.__setattr__(self, "_inverse", inverse)
        object.__setattr__(self, "_usual", (errors / inverse).max(axis=1))
        object.__setattr__(self, "_both", np.ascontiguousarray(both))

    @property
    def instruments(self) -> int:
        """Instruments."""
        return len(self.coefficients)

    @property
    def receipts(self) -> int:
        """Receipts."""
        return int(self.coefficients.shape[1]) - 1

    def wald(self, weights: Floats) -> float:
        """Return the Wald statistic of instruments that move no combination.

        A move without any sampling error (in an arm nobody can receive what another
        arm offers) is no evidence if it is zero, and beyond doubt if it is not.
        """
        size = self._size(weights)
        moved = self.coefficients @ weights
        if not (size > 0).all():
            # Nobody's receipt departs from assignment: the move is known exactly.
            return float(np.inf) if moved.any() else 0.0
        moved = moved / size
        spread = self._spread(weights) / np.outer(size, size)
        values, vectors = np.linalg.eigh(spread)
        along = vectors.T @ moved
        exact = values < EXACT
        if (np.abs(along[exact]) > np.sqrt(EXACT)).any():
            return float(np.inf)
        return float((along[~exact] ** 2 / values[~exact]).sum())

    def _size(self, weights: Floats) -> Floats:
        """Return the size that each move's sampling error would ordinarily have.

        Zero where no equation of the combination has any.
        """
        size: Floats = self._inverse * float(np.abs(weights) @ self._usual)
        return size

    def _spread(self, weights: Floats) -> Floats:
        # Every pair of equations stands twice in `_both`, once each way round.
        z = self.instruments
        pairs = np.outer(weights, weights).ravel()
        twice: Floats = (pairs @ self._both.reshape(-1, z * z)).reshape(z, z)
        spread: Floats = (twice + twice.T) / 4
        return spread

    def least(self, weights: Floats, free: list[int]) -> float:
        """Return the least Wald statistic over the weights of some equations.

        By Newton's method, with steps halved where they lead upwards.
        """
        tried = weights.astype(np.float64)
        if not free:
            return self.wald(tried)
        tried[free] = self._start(tried, free)
        found = self.wald(tried)
        for _ in range(NEWTON_STEPS):
            step = self._newton_step(tried, free)
            share, better = 1.0, np.inf
            while share > SMALL:
                moved = tried.copy()
                moved[free] -= share * step
                better = self.wald(moved)
                if better <= found:
                    break
                share /= 4
            if not better < found - SMALL * (1 + found):
                break
            tried, found = moved, better
        return min(found, better)

    def _start(self, weights: Floats, free: list[int]) -> Floats:
        """Weights that make the moves least, each to its own spread."""
        unit = self._size(np.ones(len(weights)))
        moved = self.coefficients / np.where(unit > 0, unit, 1.0)[:, None]
        others = [i for i in range(len(weights)) if i not in free]
        target = -moved[:, others] @ weights[others]
        start = np.linalg.lstsq(moved[:, free], target, rcond=None)[0]
        return np.asarray(start, dtype=np.float64)

    def _newton_step(self, weights: Floats, free: list[int]) -> Floats:
        size = self._size(weights)
        if not (size > 0).all():
            return np.zeros(len(free))
        outer = np.outer(size, size)
        inverse = np.linalg.pinv(self._spread(weights) / outer, EXACT, hermitian=True)
        inverse = (inverse / outer).astype(np.float64)
        pull = inverse @ (self.coefficients @ weights)
        own = self._both[free]
        z = self.instruments
        turned = (weights @ own.reshape(len(free), -1, z * z)).reshape(-1, z, z) @ pull
        moves = self.coefficients[:, free].T
        slope = 2 * moves @ pull - turned @ pull
        apart = moves - turned
        curved = own[:, free] @ pull @ pull
        bend = 2 * apart @ inverse @ apart.T
        whole = bend - curved
        if np.linalg.eigvalsh(whole)[0] <= 0:
            whole = bend
        step = np.linalg.lstsq(whole, slope, rcond=None)[0]
        return np.asarray(step, dtype=np.float64)

    def relevance(self, receipt: int) -> tuple[float, int, float]:
        """Test that assignment moves a receipt, and not only as it moves others.

        With one receipt this is the robust F of the first stage; with several, the
        others are first taken out as well as instruments allow (in the spirit of
        Sanderson and Windmeijer 2016, doi:10.1016/j.jeconom.2015.06.004): the least
        over the shares of the others, near those that leave the smallest moves. Far
        from there the others' own strength would be tested instead.

        Args:
            receipt: Place of the receipt.

        Returns:
            F, its numerator's degrees of freedom, and the p-value.
        """
        weights = np.zeros(self.receipts + 1)
        weights[receipt + 1] = 1.0
        free = [i for i in range(1, self.receipts + 1) if i != receipt + 1]
        left = self.instruments - len(free)
        f = self.least(weights, free) / left
        return f, left, float(stats.f.sf(f, left, self.df))

    def effective_f(self, receipt: int) -> float:
        """Return the effective F of Montiel Olea and Pflueger.

        2013, doi:10.1080/00401706.2013.806694.
        """
        move = self.coefficients[:, receipt + 1]
        spread = self.covariances[receipt + 1, receipt + 1]
        error = float(np.trace(spread @ self.strength))
        found = float(move @ self.strength @ move)
        return found / error if error > EXACT * found else float(np.inf)

    def weak_below(self, receipt: int) -> float | None:
        """Return the effective F below which instruments of a receipt are weak.

        Montiel Olea and Pflueger's (2013) critical value by their simplified way: a
        test at 5 % that the bias of two-stage least squares exceeds a tenth of the
        worst case. With one instrument 23.1; with more it goes by how many of them
        the covariance of the first stage is worth.

        Args:
            receipt: Place of the receipt.

        Returns:
            The value. None: there are several receipts, for which it is not made.
        """
        if self.receipts > 1:
            return None
        root = np.linalg.cholesky(self.strength)
        spread = root.T @ self.covariances[receipt + 1, receipt + 1] @ root
        worth = float(self.instruments)
        total, most = float(np.trace(spread)), float(np.linalg.eigvalsh(spread)[-1])
        if most > 0:
            squares = float((spread**2).sum())
            worth = total**2 * (1 + 2 / BIAS) / (squares + 2 / BIAS * total * most)
        tail = stats.ncx2.ppf(1 - WEAK_TEST, worth, worth / BIAS)
        return float(tail) / worth

    def anderson_rubin(
        self, receipt: int, *, estimate: float, error: float, level: float
    ) -> AndersonRubin:
        """Return the values of an effect that are not rejected.

        Anderson and Rubin (1949, doi:10.1214/aoms/1177730090), with the robust
        covariance. With one receipt and one instrument the ends are roots of a
        quadratic; otherwise the statistic is followed outwards from the estimate.

        Args:
            receipt: Place of the receipt whose effect it is.
            estimate: The two-stage estimate.
            error: Its standard error: the step of the search.
            level: Level of the interval.

        Returns:
            The interval, and the test of no effect.
        """
        free = [i for i in range(1, self.receipts + 1) if i != receipt + 1]
        left = self.instruments - len(free)
        critical = float(stats.f.ppf(level, left, self.df)) * left

        def excess(effect: float) -> float:
            weights = np.zeros(self.receipts + 1)
            weights[0], weights[receipt + 1] = 1.0, -effect
            return self.least(weights, free) - critical

        if left == self.instruments == 1:
            kind, lower, upper = self._quadratic(receipt, critical)
        else:
            far = np.zeros(self.receipts + 1)
            far[receipt + 1] = 1.0
            is_bounded = self.least(far, free) > critical
            middle = estimate
            if self.instruments > self.receipts:
                near = optimize.minimize_scalar(
                    excess, bracket=(estimate - error, estimate + error)
                )
                middle = float(near.x) if near.fun < excess(estimate) else estimate
            kind, lower, upper = _searched(excess, middle, error, is_bounded=is_bounded)
        statistic = (excess(0.0) + critical) / left
        return AndersonRubin(
            kind=kind,
            lower=lower,
            upper=upper,
            level=level,
            statistic=statistic,
            df_numerator=left,
            df_denominator=self.df,
            p_value=float(stats.f.sf(statistic, left, self.df)),
        )

    def _quadratic(self, receipt: int, critical: float) -> tuple[str, float, float]:
        y, d = self.coefficients[0, 0], self.coefficients[0, receipt + 1]
        spread = self.covariances[:, :, 0, 0]
        a = d**2 - critical * spread[1, 1]
        b = -2 * (y * d - critical * spread[0, 1])
        c = y**2 - critical * spread[0, 0]
        root = b**2 - 4 * a * c
        if root < 0:
            return "everything", -np.inf, np.inf
        ends = sorted((-b + sign * np.sqrt(root)) / (2 * a) for sign in (-1, 1))
        return ("bounded" if a > 0 else "outside"), float(ends[0]), float(ends[1])


def wald(moved: Floats, spread: Floats) -> float:
    """Return a Wald statistic; nothing that moves nothing is no evidence."""
    if not moved.any():
        return 0.0
    try:
        return float(moved @ np.linalg.solve(spread, moved))
    except np.linalg.LinAlgError:
        return float(np.inf)


def _searched(
    excess: Callable[[float], float],
    middle: float,
    error: float,
    *,
    is_bounded: bool,
) -> tuple[str, float, float]:
    """Follow the statistic outwards from where it is least."""
    if excess(middle) > 0:
        return (
            ("empty", np.nan, np.nan) if is_bounded else _outside(excess, middle, error)
        )
    lower, upper = (_end(excess, middle, side * error) for side in (-1.0, 1.0))
    if np.isinf(lower) and np.isinf(upper):
        return "everything", lower, upper
    kind = "half-line" if np.isinf(lower) or np.isinf(upper) else "bounded"
    return kind, lower, upper


def _outside(
    excess: Callable[[float], float], middle: float, error: float
) -> tuple[str, float, float]:
    def inside(effect: float) -> float:
        return -excess(effect)

    lower, upper = (_end(inside, middle, side * error) for side in (-1.0, 1.0))
    return "outside", lower, upper


def _end(excess: Callable[[float], float], middle: float, step: float) -> float:
    """Return where the statistic crosses its critical value; infinite: nowhere."""
    near, distance = middle, step
    while abs(distance) < FAR * abs(step):
        far = middle + distance
        if excess(far) > 0:
            return float(optimize.brentq(excess, near, far, xtol=1e-14, rtol=1e-13))
        near, distance = far, 2 * distance
    return float(np.copysign(np.inf, step))
