"""Effects by category, and tests looked at together, as they read in the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from rctspark.release.category_screening import (
    EVERY_ARM,
    Division,
    ShownTest,
    category_parts,
    division_of,
    is_of_category,
)
from rctspark.release.numerals import Scale, fixed, p_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.contracts import Effect, JudgedTest
    from rctspark.release.labels import Labels

TEST_COLUMNS = (
    "experiment",
    "family",
    "tests",
    "population",
    "outcome",
    "horizon",
    "arm",
    "model",
    "by",
    "statistic",
    "df_numerator",
    "p_value",
    "p_holm",
    "p_benjamini_hochberg",
    "p_step_down",
    "family_size",
    "n",
)


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """The effect in one category, written out; `arm` empty: the plan has one."""

    category: str
    arm: str
    mean_against: str
    effect: str
    std_error: str
    interval: str
    p: str
    n_arm: str
    n_against: str


@dataclass(frozen=True, slots=True)
class CategoryGroup:
    """The categories for one outcome.

    Attributes:
        title: Outcome and when it is looked at, with its unit.
        rows: One per category and arm.
        tests: Whether the effects are the same, in words, one per test.
    """

    title: str
    rows: tuple[CategoryRow, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubgroupTable:
    """Effects by the categories of one covariate."""

    title: str
    groups: tuple[CategoryGroup, ...]


@dataclass(frozen=True, slots=True)
class FamilyTable:
    """The effects of one family: what, p, Holm, Benjamini-Hochberg, step-down, n."""

    title: str
    rows: tuple[tuple[str, ...], ...]


def tests_table(tests: Iterable[ShownTest], labels: Labels) -> pd.DataFrame:
    """Lay tests out as a tidy table.

    Args:
        tests: Tests that may leave.
        labels: Words.

    Returns:
        One row per test and family; `n`: persons behind it.
    """
    rows = [
        {name: getattr(t.test, name) for name in TEST_COLUMNS[:-1]}
        | {
            "n": t.n,
            "outcome_label": labels.of(t.test.outcome),
            "horizon_label": labels.horizon(t.test.outcome, t.test.horizon),
        }
        for t in tests
    ]
    return pd.DataFrame(rows, columns=[*TEST_COLUMNS, "outcome_label", "horizon_label"])


def subgroup_tables(
    effects: Iterable[Effect], tests: Sequence[ShownTest], labels: Labels
) -> list[SubgroupTable]:
    """Lay effects by category out, one table per population, covariate and model.

    Args:
        effects: Effects that may leave.
        tests: Tests that may leave.
        labels: Words.

    Returns:
        The tables, in the order of the effects.
    """
    divided: dict[Division, list[Effect]] = {}
    for e in effects:
        if is_of_category(e):
            divided.setdefault(division_of(e), []).append(e)
    tables: dict[tuple[str, str, str], list[CategoryGroup]] = {}
    for key, own in divided.items():
        population, covariate, _, _, model = key
        group = _group(key, own, tests, labels)
        tables.setdefault((population, covariate, model), []).append(group)
    return [
        SubgroupTable(_title(population, covariate, labels), tuple(groups))
        for (population, covariate, _), groups in tables.items()
    ]


def _title(population: str, covariate: str, labels: Labels) -> str:
    return f"{labels.of(covariate)} \N{MIDDLE DOT} {labels.of(population)}"


def _group(
    key: Division,
    effects: Sequence[Effect],
    tests: Sequence[ShownTest],
    labels: Labels,
) -> CategoryGroup:
    population, covariate, outcome, horizon, model = key
    unit = labels.units(outcome)[0]
    scale = Scale.of(effects, is_share=labels.outcome(outcome).unit == "share")
    own = [
        t.test
        for t in tests
        if t.test.tests == "equality"
        and (t.test.population, t.test.by, t.test.model)
        == (population, covariate, model)
        and (t.test.outcome, t.test.horizon) == (outcome, horizon)
    ]
    when = labels.horizon(outcome, horizon)
    return CategoryGroup(
        f"{labels.of(outcome)}, {when} ({unit})",
        tuple(_row(e, labels, scale) for e in effects),
        tuple(words_of_test(t, labels) for t in own),
    )


def _row(e: Effect, labels: Labels, scale: Scale) -> CategoryRow:
    has_arms = len(labels.plan.arms.treatments) > 1
    return CategoryRow(
        category=labels.of(category_parts(e.population)[2]),
        arm=labels.of(e.arm) if has_arms else "",
        mean_against=scale.write(e.mean_against),
        effect=scale.write(e.estimate, sign=True),
        std_error=scale.finer.write(e.std_error),
        interval=f"{scale.write(e.ci_lower)} to {scale.write(e.ci_upper)}",
        p=p_text(e.p_value),
        n_arm=fixed(e.n_arm, 0),
        n_against=fixed(e.n_against, 0),
    )


def words_of_test(test: JudgedTest, labels: Labels) -> str:
    """Say one test of equality in words.

    Args:
        test: The test, as it may leave.
        labels: Words.

    Returns:
        Statistic, p, and the adjusted p-values where it belongs to a family.
    """
    whose = ""
    if len(labels.plan.arms.treatments) > 1:
        every = test.arm == EVERY_ARM
        whose = " (all arms at once)" if every else f" ({labels.of(test.arm)})"
    told = (
        f"The same effect in all categories{whose}: F {fixed(test.statistic, 2)}, "
        f"{test.df_numerator} df, p {p_text(test.p_value)}"
    )
    if test.p_holm is None or test.p_benjamini_hochberg is None:
        return f"{told}; adjusted for no other test."
    return (
        f"{told}; adjusted over the {test.family_size} tests of the family "
        f"\N{LEFT DOUBLE QUOTATION MARK}{labels.of(test.family)}"
        f"\N{RIGHT DOUBLE QUOTATION MARK}: Holm {p_text(test.p_holm)}, "
        f"Benjamini-Hochberg {p_text(test.p_benjamini_hochberg)}."
    )


def family_tables(tests: Iterable[ShownTest], labels: Labels) -> list[FamilyTable]:
    """Lay out the families of tests that there is no effect.

    Args:
        tests: Tests that may leave.
        labels: Words.

    Returns:
        One table per family.
    """
    rows: dict[str, list[tuple[str, ...]]] = {}
    sizes: dict[str, int] = {}
    for shown in tests:
        t = shown.test
        if t.tests != "effects" or t.p_holm is None or t.p_benjamini_hochberg is None:
            continue
        sizes[t.family] = t.family_size
        p_values = (t.p_value, t.p_holm, t.p_benjamini_hochberg)
        first, holm, hochberg = (p_text(p) for p in p_values)
        what = _what(t, labels)
        stepped = "" if t.p_step_down is None else p_text(t.p_step_down)
        line = (what, first, holm, hochberg, stepped, fixed(shown.n, 0))
        rows.setdefault(t.family, []).append(line)
    return [
        FamilyTable(f"{labels.of(name)}: {sizes[name]} tests", tuple(own))
        for name, own in rows.items()
    ]


def _what(test: JudgedTest, labels: Labels) -> str:
    whole, _, category = category_parts(test.population)
    parts = [
        f"{labels.of(test.outcome)}, {labels.horizon(test.outcome, test.horizon)}",
        labels.of(test.arm),
    ]
    if whole != labels.plan.analyses[0].population:
        parts.append(labels.of(whole))
    if category:
        parts.append(labels.of(category))
    return " \N{MIDDLE DOT} ".join(parts)
