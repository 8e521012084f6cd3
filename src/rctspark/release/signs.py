"""The signs that stand for small p-values: one code for a whole report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan import EffectsTable, ModelsTable, StarLevel
from rctspark.release.category_screening import category_parts
from rctspark.release.labels import lower
from rctspark.release.numerals import STARS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config import Plan
    from rctspark.release.labels import Labels

HOUSE = tuple(StarLevel(below=limit, sign=sign) for limit, sign in STARS)


def levels_of(plan: Plan) -> tuple[StarLevel, ...]:
    """Return the code of a report: that of the plan's own tables.

    Args:
        plan: The analysis plan.

    Returns:
        Levels, the smallest first: those of the first table of the plan that has
        any, so that a page reads as the publication does; otherwise * below 10 %, **
        below 5 %, *** below 1 %.
    """
    for table in plan.tables:
        if isinstance(table, EffectsTable | ModelsTable) and table.stars:
            return tuple(sorted(table.stars, key=lambda level: level.below))
    return HOUSE


def sign_of(plan: Plan, p: float, population: str) -> str:
    """Return the sign of a p-value in a population; empty: none.

    Args:
        plan: The analysis plan.
        p: The p-value.
        population: Of the effect; a category counts as the population it divides.

    Returns:
        The sign of the smallest level that holds there.
    """
    whole = category_parts(population)[0]
    return next(
        (
            level.sign
            for level in levels_of(plan)
            if p < level.below and (not level.populations or whole in level.populations)
        ),
        "",
    )


def legend_of(labels: Labels, populations: Iterable[str]) -> str:
    """Say what the signs mean beside effects on these populations.

    Args:
        labels: Words.
        populations: Whose effects stand there.

    Returns:
        `* p < 0.10, ** p < 0.05, two-sided.`; levels that are for other populations
        are left out.
    """
    there = {category_parts(population)[0] for population in populations}
    told = [
        level_words(level, labels)
        for level in reversed(levels_of(labels.plan))
        if not level.populations or there & {*level.populations}
    ]
    return f"{', '.join(told)}, two-sided." if told else ""


def level_words(level: StarLevel, labels: Labels) -> str:
    """Say which p-values a sign stands for, and in which populations."""
    words = f"{level.sign} p < {level.below:.2f}"
    if not level.populations:
        return words
    whom = " and ".join(lower(labels.of(p)) for p in level.populations)
    return f"{words} ({whom} only)"
