"""Effects at several horizons tested together: what may leave, and how it reads.

Before the start of what is tried nothing can have an effect, so these are the tests of
whether the draw, the registers and the models do what they should. Single tests over
months move together, so how many of them are small says little by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from rctspark.contracts.descriptives import EVERY
from rctspark.release.labels import lower
from rctspark.release.numerals import fixed, p_text
from rctspark.release.publication.shown_table import Group, ShownTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.config import Plan, Thresholds
    from rctspark.config.plan import Family
    from rctspark.contracts import Effect, JudgedTest
    from rctspark.release.labels import Labels

P_DECIMALS = 3
STATISTIC_DECIMALS = 2
NAME = "joint_tests"
COLUMNS = (
    "experiment",
    "family",
    "population",
    "outcome",
    "arm",
    "model",
    "first_horizon",
    "last_horizon",
    "statistic",
    "df_numerator",
    "p_value",
    "p_holm",
    "p_benjamini_hochberg",
    "family_size",
    "n",
)


@dataclass(frozen=True, slots=True)
class ShownJoint:
    """A joint test, or a count of single ones, that may leave.

    Attributes:
        test: The test, rounded.
        horizons: First and last horizon of what is tested together.
        n: Persons behind it, to the nearest ten or as shown elsewhere.
        is_count: Whether it is the count of single effects with a small p-value.
    """

    test: JudgedTest
    horizons: tuple[int, int]
    n: int
    is_count: bool


def joint_families(plan: Plan) -> dict[str, Family]:
    """Return the families of joint tests by name."""
    return {f.name: f for f in plan.families if f.tests == "joint"}


def screen_joint(
    tests: Iterable[JudgedTest],
    plan: Plan,
    thresholds: Thresholds,
    *,
    effects: Sequence[Effect],
    kept: Sequence[Effect],
) -> tuple[ShownJoint, ...]:
    """Keep the joint tests that give no single effect away.

    One number over several effects says nothing of each, unless all but one of them
    are shown: then the last would follow from it.

    Args:
        tests: As found.
        plan: The analysis plan.
        thresholds: Thresholds of the data owner.
        effects: Effects as estimated.
        kept: Effects that may leave, as they are shown.

    Returns:
        The tests with rounded numbers.
    """
    families = joint_families(plan)
    shown = []
    for test in tests:
        family = families.get(test.family)
        if family is None:
            continue
        behind = [e for e in effects if _is_behind(e, test, family)]
        own = [e for e in kept if _is_behind(e, test, family)]
        few = min((min(e.n_arm, e.n_against) for e in behind), default=0)
        is_safe = few >= thresholds.minimum_persons and len(behind) - len(own) != 1
        if not is_safe or any(e.df < thresholds.minimum_df for e in behind):
            continue
        horizons = [e.horizon for e in behind]
        base = thresholds.minimum_persons
        shown.append(
            ShownJoint(
                _rounded(test),
                (min(horizons), max(horizons)),
                base * round(test.n_total / base),
                is_count=test.outcome == EVERY,
            )
        )
    return tuple(shown)


def _is_behind(e: Effect, test: JudgedTest, family: Family) -> bool:
    return (
        e.site == EVERY
        and (e.population, e.model) == (test.population, test.model)
        and test.outcome in {e.outcome, EVERY}
        and test.arm in {e.arm, EVERY}
        and family.holds(e.population, e.outcome, e.horizon, e.model)
    )


def _rounded(test: JudgedTest) -> JudgedTest:
    holm, hochberg = (
        None if p is None else round(p, P_DECIMALS)
        for p in (test.p_holm, test.p_benjamini_hochberg)
    )
    return replace(
        test,
        statistic=round(test.statistic, STATISTIC_DECIMALS),
        p_value=round(test.p_value, P_DECIMALS),
        p_holm=holm,
        p_benjamini_hochberg=hochberg,
    )


def joint_table(tests: Iterable[ShownJoint]) -> pd.DataFrame:
    """Lay joint tests out as a tidy table; a count has outcome and arm `all`."""
    named = ("experiment", "family", "population", "outcome", "arm", "model")
    numbers = ("statistic", "df_numerator", "p_value", "p_holm")
    rest = ("p_benjamini_hochberg", "family_size")
    rows = [
        [
            *(getattr(shown.test, name) for name in named),
            *shown.horizons,
            *(getattr(shown.test, name) for name in (*numbers, *rest)),
            shown.n,
        ]
        for shown in tests
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shown_joint(tests: Sequence[ShownJoint], labels: Labels) -> list[ShownTable]:
    """Lay the families of joint tests out for reading.

    Args:
        tests: Those that may leave.
        labels: Words.

    Returns:
        One table per family: a row per outcome, and per arm F, p and Holm's p.
    """
    tables = []
    for name, family in joint_families(labels.plan).items():
        own = [t for t in tests if t.test.family == name]
        single = [t for t in own if not t.is_count]
        if not own:
            continue
        arms = list(dict.fromkeys(t.test.arm for t in single))
        found = {(t.test.outcome, t.test.arm): t.test for t in single}
        rows = [
            (labels.of(o), *(text for a in arms for text in _cells(found.get((o, a)))))
            for o in dict.fromkeys(t.test.outcome for t in single)
        ]
        head = ["Outcome"]
        for arm in arms:
            head += [f"F, {lower(labels.of(arm))}", "p", "p, Holm"]
        notes = [_together(single, family, labels), *_counts(own, family, labels)]
        tables.append(
            ShownTable(
                NAME,
                labels.of(name),
                tuple(head),
                (Group("", tuple(rows)),),
                tuple(note for note in notes if note),
            )
        )
    return tables


def _cells(test: JudgedTest | None) -> tuple[str, str, str]:
    if test is None or test.p_holm is None:
        return ("x", "x", "x")
    f = f"{fixed(test.statistic, STATISTIC_DECIMALS)} ({test.df_numerator})"
    return (f, p_text(test.p_value), p_text(test.p_holm))


def _together(tests: Sequence[ShownJoint], family: Family, labels: Labels) -> str:
    if not tests:
        return ""
    first = min(t.horizons[0] for t in tests)
    last = max(t.horizons[1] for t in tests)
    period = labels.plan.period.value
    drawn = ""
    if family.seed is not None:
        drawn = (
            f" p: share of {fixed(family.draws, 0)} draws of the arms"
            f"{_within(family, labels)} that give as large an F."
        )
    return (
        f"F (degrees of freedom): no effect in any of the {period}s "
        f"{fixed(first, 0)} to {fixed(last, 0)} together; model: "
        f"{labels.of(tests[0].test.model)}; Holm over {tests[0].test.family_size} "
        f"tests; n = {fixed(tests[0].n, 0)}.{drawn}"
    )


def _within(family: Family, labels: Labels) -> str:
    if family.strata is None:
        return ""
    return f" within the categories of {lower(labels.of(family.strata))}"


def _counts(own: Sequence[ShownJoint], family: Family, labels: Labels) -> list[str]:
    below = 1 - labels.plan.inference.level
    told = []
    for shown in own:
        if not shown.is_count:
            continue
        t = shown.test
        told.append(
            f"One by one, {fixed(t.statistic, 0)} of {t.df_numerator} effects have "
            f"p below {below:.2f}, where {fixed(below * t.df_numerator, 0)} are "
            f"expected. With the arms drawn again, as many or more come out in "
            f"{100 * t.p_value:.1f} % of {fixed(family.draws, 0)} draws "
            f"(p {p_text(t.p_value)})."
        )
    return told
