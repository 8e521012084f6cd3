"""Counts as a page shows them: exact inside, masked and rounded outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_A_COUNT = "–"  # noqa: RUF001 (a dash in a column of numbers)


@dataclass(frozen=True, slots=True)
class Counts:
    """How a page shows counts.

    Hiding small counts alone is not enough: rows read minus rows kept gives the few
    that were rejected, and the rows of a table give what one of two deliveries holds.
    Rounding every other count takes that road away wherever it begins.

    Attributes:
        masked: Whether the page may leave.
        minimum: Smallest count shown; others are rounded to a multiple of it.
    """

    masked: bool
    minimum: int

    def show(self, count: int) -> str:
        """Write a count.

        Args:
            count: Exact count; -1: there is none.

        Returns:
            `1,234` inside; outside `1,230`, `<10`, or 0 where there is nothing.
        """
        if count < 0:
            return NOT_A_COUNT
        if not self.masked or count == 0:
            return f"{count:,}"
        if count < self.minimum:
            return f"<{self.minimum}"
        return f"{max(self.minimum, self._rounded(count)):,}"

    def show_parts(self, parts: Mapping[str, int]) -> list[tuple[str, str]]:
        """Write the parts of a total, the largest first.

        Args:
            parts: Name to exact count.

        Returns:
            Name and count. Outside, several small parts are shown as one: a total
            near the number of its parts would give each of them.
        """
        ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
        small = [name for name, count in ordered if 0 < count < self.minimum]
        if not self.masked or len(small) < 2:  # noqa: PLR2004 (two hide each other)
            return [(name, self.show(count)) for name, count in ordered]
        large = [part for part in ordered if part[0] not in small]
        together = sum(parts[name] for name in small)
        shown = [(name, self.show(count)) for name, count in large]
        return [*shown, (f"{' · '.join(small)} (together)", self.show(together))]

    def _rounded(self, count: int) -> int:
        return (count + self.minimum // 2) // self.minimum * self.minimum
