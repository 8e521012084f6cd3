"""How large an effect can the trial show? Asked before the draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import optimize, stats

from rctspark.contracts.design import PowerFigure, SimulatedPower
from rctspark.estimators.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from rctspark.estimators.randomised.draw import Draw

    Floats = NDArray[np.float64]

WHAT = "Power"
LARGEST = 1e9
FEWEST = 2


@dataclass(frozen=True, slots=True)
class TrialSize:
    """What is known of a trial before its draw.

    Exactly one of `sd` and `control_share` says what the outcome is.

    Attributes:
        persons: Persons by arm, control first.
        sd: Standard deviation of a mean's outcome within arms.
        control_share: Share of control with the outcome, where it is a share.
        r_squared: Share of the outcome's variance within arms that strata and
            covariates explain.
        columns: Columns that strata and covariates take in the regression.
        attrition: Share of persons whose outcome will be missing.
        alpha: Size of the two-sided test.
        comparisons: Comparisons that alpha is divided by (Bonferroni), so that the
            chance of any false rejection is at most alpha.
        design_effect: Factor on the variance for a draw of groups: 1 + (m - 1) rho,
            with m persons a group and rho the correlation within groups.
    """

    persons: Mapping[str, int]
    sd: float | None = None
    control_share: float | None = None
    r_squared: float = 0.0
    columns: int = 0
    attrition: float = 0.0
    alpha: float = 0.10
    comparisons: int = 1
    design_effect: float = 1.0

    @property
    def control(self) -> str:
        """Name of the control arm."""
        return next(iter(self.persons))

    @property
    def size(self) -> float:
        """Size of each test."""
        return self.alpha / self.comparisons


def estimate_power(size: TrialSize, *, effect: float) -> tuple[PowerFigure, ...]:
    """Say how likely each arm's test rejects, if the effect is as given.

    Means: the noncentral t distribution with persons minus arms minus `columns`
    degrees of freedom of the two arms, exact for normal outcomes; variance times
    (1 - R squared). Shares: the normal approximation with the pooled variance under
    no effect and each arm's own under the effect (Fleiss, Levin and Paik 2003,
    doi:10.1002/0471445428). Both sides of the test count.

    Args:
        size: The trial.
        effect: Arm minus control: in the outcome's unit, or in share.

    Returns:
        One figure per arm other than control.

    Raises:
        EstimationError: A number of `size` lies outside its range, or the effect
            takes a share out of 0 to 1.
    """
    refuse(WHAT, _faults(size) or _share_faults(size, effect))
    return tuple(_figure(size, arm, effect) for arm in list(size.persons)[1:])


def estimate_detectable(
    size: TrialSize,
    *,
    power: float = 0.80,
    direction: Literal["up", "down"] = "up",
) -> tuple[PowerFigure, ...]:
    """Find the smallest effect that each arm's test shows with the given power.

    Args:
        size: The trial.
        power: Chance of rejection that is asked for.
        direction: Whether the effect raises or lowers the outcome; for shares the
            two differ.

    Returns:
        One figure per arm other than control; `effect` is the detectable one.

    Raises:
        EstimationError: A number lies outside its range, or no share between 0 and 1
            is far enough away.
    """
    faults = _faults(size)
    if not size.size < power < 1:
        faults.append("power must lie between the size of the test and 1")
    refuse(WHAT, faults)
    sign = 1.0 if direction == "up" else -1.0
    furthest = _furthest(size, sign)
    found = []
    for arm in list(size.persons)[1:]:
        short = power - _figure(size, arm, sign * furthest).power
        refuse(
            WHAT,
            [f"no effect on the share of arm {arm} is detectable"] * (short > 0),
        )
        effect = optimize.brentq(
            lambda e, arm=arm: _figure(size, arm, sign * e).power - power,
            0.0,
            furthest,
            xtol=1e-13,
            rtol=1e-14,
        )
        found.append(_figure(size, arm, sign * float(effect)))
    return tuple(found)


def estimate_persons(
    size: TrialSize, *, effect: float, power: float = 0.80
) -> dict[str, int]:
    """Find how many persons every arm needs for each test to have the given power.

    The arms keep the proportions that `size.persons` gives them.

    Args:
        size: The trial; its persons say proportions only.
        effect: Arm minus control.
        power: Chance of rejection that is asked for, of the least favoured arm.

    Returns:
        Persons to enrol by arm, attrition allowed for, rounded up.

    Raises:
        EstimationError: A number lies outside its range, or the effect is zero.
    """
    faults = _faults(size) or _share_faults(size, effect)
    if effect == 0 or not size.size < power < 1:
        faults.append("effect must differ from 0, power lie between size and 1")
    refuse(WHAT, faults)
    arms = list(size.persons)[1:]
    # Fewer persons than this leave no degree of freedom to any pair of arms.
    smallest = min(size.persons.values()) * (1 - size.attrition)
    start = (FEWEST + size.columns) / smallest

    def excess(log_factor: float) -> float:
        factor = math.exp(log_factor)
        return min(_figure(size, a, effect, factor).power for a in arms) - power

    low = math.log(start)
    if excess(low) >= 0:
        log_factor = low
    else:
        log_factor = float(optimize.brentq(excess, low, math.log(LARGEST), xtol=1e-12))
    factor = math.exp(log_factor)
    return {arm: math.ceil(n * factor - 1e-6) for arm, n in size.persons.items()}


def simulate_power(
    play: Callable[[np.random.Generator, Any], Mapping[str, float]],
    draw: Draw,
    random: np.random.Generator,
    *,
    trials: int = 1000,
    alpha: float = 0.10,
) -> tuple[SimulatedPower, ...]:
    """Play the plan many times: draw, let outcomes happen, analyse, count rejections.

    Args:
        play: Takes randomness and one draw, shape (n,), lets outcomes happen and
            analyses them as the plan says: name of a test to its p-value.
        draw: The plan's draw.
        random: Source of randomness.
        trials: Trials played.
        alpha: Size of each test.

    Returns:
        One figure per test, with its Monte Carlo error.

    Raises:
        EstimationError: Trials are fewer than one, or a p-value is missing.
    """
    refuse(WHAT, ["trials must be at least 1"] * (trials < 1))
    codes = draw(random, trials)
    played = [dict(play(random, row)) for row in codes]
    names = list(played[0])
    p_values = np.array([[one.get(name, np.nan) for name in names] for one in played])
    missing = np.isnan(p_values).sum(axis=0)
    refuse(
        WHAT,
        [
            f"test {name} gave no p-value in {int(n)} trial(s)"
            for name, n in zip(names, missing, strict=True)
            if n
        ],
    )
    shares = (p_values <= alpha).mean(axis=0)
    return tuple(
        SimulatedPower(
            test=name,
            power=float(share),
            monte_carlo_error=math.sqrt(share * (1 - share) / trials),
            alpha=alpha,
            trials=trials,
        )
        for name, share in zip(names, shares, strict=True)
    )


def _faults(size: TrialSize) -> list[str]:
    checks = {
        "give sd or control_share, one of the two": (
            (size.sd is None) != (size.control_share is None)
        ),
        "there must be two arms or more, each with persons": (
            len(size.persons) > 1 and min(size.persons.values()) > 0
        ),
        "sd must be positive": size.sd is None or size.sd > 0,
        "control_share must lie between 0 and 1": (
            size.control_share is None or 0 < size.control_share < 1
        ),
        "r_squared must be at least 0 and below 1": 0 <= size.r_squared < 1,
        "attrition must be at least 0 and below 1": 0 <= size.attrition < 1,
        "alpha must lie between 0 and 1": 0 < size.alpha < 1,
        "comparisons must be at least 1": size.comparisons >= 1,
        "design_effect must be positive": size.design_effect > 0,
    }
    return [words for words, holds in checks.items() if not holds]


def _share_faults(size: TrialSize, effect: float) -> list[str]:
    if size.control_share is None or 0 <= size.control_share + effect <= 1:
        return []
    return ["the effect takes the share out of 0 to 1"]


def _furthest(size: TrialSize, sign: float) -> float:
    if size.control_share is not None:
        return 1 - size.control_share if sign > 0 else size.control_share
    smallest = min(size.persons.values()) * (1 - size.attrition)
    return float(size.sd or 1) * 1e3 * math.sqrt(size.design_effect / smallest)


def _figure(
    size: TrialSize, arm: str, effect: float, factor: float = 1.0
) -> PowerFigure:
    analysed = factor * (1 - size.attrition)
    n_arm = size.persons[arm] * analysed
    n_against = size.persons[size.control] * analysed
    by_kind = _power_of_share if size.control_share is not None else _power_of_mean
    return PowerFigure(
        arm=arm,
        against=size.control,
        effect=effect,
        power=by_kind(size, effect, (n_arm, n_against)),
        alpha=size.size,
        n_arm=n_arm,
        n_against=n_against,
    )


def _power_of_mean(size: TrialSize, effect: float, n: tuple[float, float]) -> float:
    df = n[0] + n[1] - 2 - size.columns
    if df <= 0:
        return 0.0
    variance = float(size.sd or 0) ** 2 * (1 - size.r_squared) * size.design_effect
    shift = abs(effect) / math.sqrt(variance * (1 / n[0] + 1 / n[1]))
    critical = float(stats.t.isf(size.size / 2, df))
    # Far out, the noncentral t has no digits left; there the power is 1.
    above = float(stats.nct.sf(critical, df, shift))
    below = float(stats.nct.cdf(-critical, df, shift))
    if math.isnan(above):
        return 1.0
    return above + (0.0 if math.isnan(below) else below)


def _power_of_share(size: TrialSize, effect: float, n: tuple[float, float]) -> float:
    control = float(size.control_share or 0)
    treated = min(max(control + effect, 0.0), 1.0)
    pooled = (n[0] * treated + n[1] * control) / (n[0] + n[1])
    shrink = (1 - size.r_squared) * size.design_effect
    under_none = pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]) * shrink
    under_effect = treated * (1 - treated) / n[0] + control * (1 - control) / n[1]
    deviation = math.sqrt(under_effect * shrink)
    reach = float(stats.norm.isf(size.size / 2)) * math.sqrt(under_none)
    above = stats.norm.sf((reach - abs(effect)) / deviation)
    return float(above + stats.norm.cdf((-reach - abs(effect)) / deviation))
