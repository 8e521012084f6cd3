"""How numbers are written: as many digits as they can bear, a true minus sign."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.contracts import Effect

MINUS = "\N{MINUS SIGN}"
MOST_DECIMALS = 4
SMALLEST_P = 0.001
FINE_SHARE = 0.003
"""A share known to better than 0.3 points deserves a second decimal of a per cent."""
KEPT_DIGITS = 4
"""Significant digits of the standard error in released data."""
STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


@dataclass(frozen=True, slots=True)
class Scale:
    """How the numbers of one outcome are written.

    Attributes:
        factor: 100 for shares, which are shown in per cent; otherwise 1.
        decimals: Digits after the point.
    """

    factor: float
    decimals: int

    @classmethod
    def of(cls, effects: Iterable[Effect], *, is_share: bool) -> Scale:
        """Choose the digits that the least precise reader needs.

        Args:
            effects: Effects that stand in one table.
            is_share: Whether they are shares.

        Returns:
            For shares, per cents with one decimal, as such reports print them;
            otherwise two significant digits of the smallest standard error.
        """
        errors = [e.std_error for e in effects if e.std_error > 0]
        smallest = min(errors, default=1.0)
        if is_share:
            return cls(100.0, 1 if smallest >= FINE_SHARE else 2)
        digits = 1 - math.floor(math.log10(smallest))
        return cls(1.0, min(max(digits, 0), MOST_DECIMALS))

    @property
    def finer(self) -> Scale:
        """The scale of standard errors of shares: one decimal more."""
        return Scale(self.factor, self.decimals + (self.factor > 1))

    def write(self, value: float, *, sign: bool = False) -> str:
        """Write a number in the outcome's shown unit."""
        return fixed(value * self.factor, self.decimals, sign=sign)


def fixed(value: float, decimals: int, *, sign: bool = False) -> str:
    """Write a number with so many decimals, thousands apart; zero has no sign.

    Args:
        value: The number.
        decimals: Digits after the point.
        sign: Whether a plus sign is written too.

    Returns:
        The text; a dash where there is no number.
    """
    if not math.isfinite(value):
        return "\N{EN DASH}"
    rounded = round(value, decimals) + 0.0
    text = f"{abs(rounded):,.{decimals}f}"
    if rounded < 0:
        return MINUS + text
    return f"+{text}" if sign and rounded > 0 else text


def data_text(value: float, decimals: int) -> str:
    """Write a number as a file of data has it, for programs; zero has no sign.

    Args:
        value: The number.
        decimals: Digits after the point.

    Returns:
        The text: a hyphen before a negative number, nothing between thousands.
    """
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def p_text(p: float) -> str:
    """Write a p-value with three decimals: 0.034, or <0.001."""
    if not math.isfinite(p):
        return "\N{EN DASH}"
    return f"<{SMALLEST_P}" if p < SMALLEST_P else f"{p:.3f}"


def stars(p: float) -> str:
    """Return * below 10 %, ** below 5 %, *** below 1 %."""
    return next((sign for limit, sign in STARS if p < limit), "")


def persons(count: str | int) -> str:
    """Write a count of persons with thousands apart; `<10` and `x` stay."""
    text = str(count)
    return f"{int(text):,}" if text.isdigit() else text


def kept_decimals(std_error: float, *, digits: int = KEPT_DIGITS) -> int:
    """Return the decimals that released data keep.

    Args:
        std_error: Standard error of the effect.
        digits: Its significant digits that are kept.

    Returns:
        Digits after the point.
    """
    if not (math.isfinite(std_error) and std_error > 0):
        return digits
    return max(digits - 1 - math.floor(math.log10(std_error)), 0)
