"""How well assignment carries the effects of what was received: what may leave."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from rctspark.contracts import EFFECTS
from rctspark.release.coarsening import DIGITS, is_of_everyone
from rctspark.release.numerals import KEPT_DIGITS, kept_decimals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.config import Plan, Thresholds
    from rctspark.contracts import Effect
    from rctspark.release.labels import Labels

NAME = "instruments"
F_DIGITS, P_DECIMALS = 3, 6
NOT_SHOWN = "x"
COLUMNS = (
    *EFFECTS.key,
    "unit",
    "first_stage_f",
    "effective_f",
    "weak_below",
    "is_weak",
    "wu_hausman_p",
    "ar_kind",
    "ar_lower",
    "ar_upper",
    "level",
    "covariance",
    "n_arm",
    "n_against",
    "outcome_label",
    "arm_label",
)


def screen_instruments(
    effects: Iterable[Effect], plan: Plan, thresholds: Thresholds
) -> tuple[Effect, ...]:
    """Round what instruments can carry, and keep it inside where few persons stand.

    A first stage of shares says how many received; the F says it too, with the
    persons of the arms. So it leaves with three significant digits, and only where
    at least `minimum_persons` received, and did not, in arm and control, or nobody
    did or did not.

    Args:
        effects: Effects that may leave.
        plan: The analysis plan: on a part of those enrolled two digits leave, as of
            the effects.
        thresholds: The data owner's.

    Returns:
        The same effects in the same order. Without `receipt_n_behind`, and with
        `ar_kind` `x` and nothing else on the instruments where they may not be shown.
    """
    fewest = thresholds.minimum_persons
    return tuple(
        effect
        if effect.ar_kind is None
        else _screened(effect, fewest, is_part=not is_of_everyone(effect, plan))
        for effect in effects
    )


def _screened(effect: Effect, fewest: int, *, is_part: bool) -> Effect:
    if (effect.receipt_n_behind or 0) < fewest:
        return replace(
            effect,
            receipt_n_behind=None,
            first_stage_f=None,
            effective_f=None,
            weak_below=None,
            wu_hausman_p=None,
            ar_kind=NOT_SHOWN,
            ar_lower=None,
            ar_upper=None,
        )
    f_digits = DIGITS if is_part else F_DIGITS
    decimals = kept_decimals(
        effect.std_error, digits=DIGITS if is_part else KEPT_DIGITS
    )
    return replace(
        effect,
        receipt_n_behind=None,
        first_stage_f=_significant(effect.first_stage_f, f_digits),
        effective_f=_significant(effect.effective_f, f_digits),
        weak_below=_significant(effect.weak_below, F_DIGITS),
        wu_hausman_p=_rounded(effect.wu_hausman_p, P_DECIMALS),
        ar_lower=_rounded(effect.ar_lower, decimals),
        ar_upper=_rounded(effect.ar_upper, decimals),
    )


def _rounded(value: float | None, decimals: int) -> float | None:
    if value is None or not math.isfinite(value):
        return value
    return round(value, decimals) + 0.0


def _significant(value: float | None, digits: int) -> float | None:
    if not value or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def instrument_table(effects: Sequence[Effect], labels: Labels) -> pd.DataFrame:
    """Lay out how well assignment carries each effect of what was received.

    Args:
        effects: Effects that may leave, screened by `screen_instruments`.
        labels: Words.

    Returns:
        One row per effect of what was received; none where a plan has no such
        effects. `is_weak` is empty where it is not judged: with several receipts.
    """
    rows = [_row(e, labels) for e in effects if e.ar_kind is not None]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(effect: Effect, labels: Labels) -> dict[str, object]:
    own = {name: getattr(effect, name) for name in COLUMNS if hasattr(effect, name)}
    is_judged = None not in {effect.effective_f, effect.weak_below}
    return own | {
        "unit": labels.outcome(effect.outcome).unit,
        "is_weak": (
            (effect.effective_f or 0.0) < (effect.weak_below or 0.0)
            if is_judged
            else None
        ),
        "outcome_label": labels.of(effect.outcome),
        "arm_label": labels.of(effect.arm),
    }
