"""Counts by design, as they may be read: the funnel and the sizes of the arms.

Funnel and arms stand on one page and share the number of persons enrolled, so they are
screened as one table: a step can't be computed from the arms, nor an arm from the
funnel. Group disclosure (rule 3) is about characteristics of persons and is not
applied to steps and arms, where nearly everybody stays by design.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.errors import ContractError
from rctspark.release.disclosure import displayed, legend
from rctspark.release.sums import Sums, cell, chain, one_way, two_way
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rctspark.config import Exemption, Thresholds

ENROLLED = "enrolled"
EVERYONE = "everyone"
NOWHERE = "on no list"


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One row of the contract `FUNNEL`.

    Attributes:
        step: Order, from 1.
        stage: Name of the step.
        reason: Why persons leave here.
        n_leaving: Persons who leave.
        n_left: Persons who are left after it.
    """

    step: int
    stage: str
    reason: str
    n_leaving: int
    n_left: int


@dataclass(frozen=True, slots=True)
class ArmCount:
    """Enrolled persons who share these three arms: `ASSIGNMENT`, grouped.

    Attributes:
        arm_by_rule: Arm that the plan's rule gives. None: the plan has no rule.
        arm_recorded: Arm on the assignment list. None: on no list.
        arm: Arm that the analysis follows.
        persons: How many.
    """

    arm_by_rule: str | None
    arm_recorded: str | None
    arm: str
    persons: int


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of the funnel as it may be read: counts as text."""

    step: int
    stage: str
    reason: str
    n_leaving: str
    n_left: str


@dataclass(frozen=True, slots=True)
class ShownArm:
    """An arm as it may be read: counts as text.

    Attributes:
        arm: The arm.
        persons: Persons whom the analysis counts to it.
        by_rule: Persons whom the rule gives it. None: the plan has no rule.
        recorded: Persons recorded in it. None: the plan has no rule.
        discordant: Of those by rule, persons recorded elsewhere or nowhere.
    """

    arm: str
    persons: str
    by_rule: str | None = None
    recorded: str | None = None
    discordant: str | None = None


@dataclass(frozen=True, slots=True)
class DesignCounts:
    """Funnel and arms as they may leave.

    Attributes:
        funnel: The steps.
        arms: The arms.
        enrolled: Persons enrolled in all.
        discordant: Persons recorded in another arm than the rule's, or in none.
            None: the plan has no rule.
        legend: What the signs mean; empty: nothing is hidden.
    """

    funnel: tuple[ShownStep, ...]
    arms: tuple[ShownArm, ...]
    enrolled: str
    discordant: str | None
    legend: str


def screen_design(
    funnel: Sequence[FunnelStep],
    assignment: Sequence[ArmCount],
    thresholds: Thresholds,
    *,
    known_arms: frozenset[str] = frozenset(),
    exemptions: Sequence[Exemption] = (),
) -> DesignCounts:
    """Screen funnel and arms together.

    Args:
        funnel: Steps, in order; the last leaves those enrolled.
        assignment: Enrolled persons by their arms.
        thresholds: Thresholds of the data owner.
        known_arms: Arms whose size stands elsewhere in the release.
        exemptions: Tables that the data owner exempts.

    Returns:
        The counts as text.

    Raises:
        ContractError: Funnel and arms do not add up.
        DisclosureError: They can't be made safe.
    """
    try:
        sums = _design_sums(funnel, assignment)
    except ValueError as torn:
        raise ContractError(f"Funnel and arms do not add up: {torn}") from None
    exempt = {e.table for e in exemptions}
    steps = {n for n in sums.counts if n.startswith(("leaving ", "left "))}
    known = {f"arm {arm}" for arm in known_arms}
    known |= steps | {ENROLLED} if "funnel" in exempt else set()
    known |= sums.counts.keys() - steps if "arms" in exempt else set()
    by_design = thresholds.model_copy(update={"maximum_share": 1.0})
    marks = suppress(sums, by_design, known=frozenset(known))
    shown = displayed(sums.counts, marks, thresholds)
    return DesignCounts(
        _shown_steps(funnel, shown),
        _shown_arms(assignment, shown),
        shown[ENROLLED],
        shown.get("discordant"),
        legend(marks.values(), thresholds),
    )


def _design_sums(funnel: Sequence[FunnelStep], assignment: Sequence[ArmCount]) -> Sums:
    sizes: Counter[str] = Counter()
    for line in assignment:
        sizes[f"arm {line.arm}"] += line.persons
    sums = one_way(sizes, total=ENROLLED)
    if funnel:
        leaving, left = [s.n_leaving for s in funnel], [s.n_left for s in funnel]
        sums = chain(leaving, left, last=ENROLLED).joined(sums)
    if any(line.arm_by_rule for line in assignment):
        sums = sums.joined(_agreement(assignment))
    return sums


def _agreement(assignment: Sequence[ArmCount]) -> Sums:
    """Cross the rule's arm with the recorded one, and tie it to the arms analysed."""
    pairs: Counter[tuple[str, str]] = Counter()
    for line in assignment:
        ruled, listed = f"rule {line.arm_by_rule}", _recorded(line.arm_recorded)
        pairs[ruled, listed] += line.persons
    rows, columns = (sorted({pair[side] for pair in pairs}) for side in (0, 1))
    table = two_way(pairs, rows=rows, columns=columns, total=EVERYONE)
    counts, equations = dict(table.counts), list(table.equations)
    for row in rows:
        same = cell(row, _recorded(row.removeprefix("rule ")))
        counts[_elsewhere(row)] = counts[cell(row, EVERYONE)] - counts.get(same, 0)
        terms = {cell(row, EVERYONE): 1, same: -1, _elsewhere(row): -1}
        equations.append({n: f for n, f in terms.items() if n in counts})
    counts["discordant"] = sum(counts[_elsewhere(row)] for row in rows)
    equations.append({_elsewhere(row): 1 for row in rows} | {"discordant": -1})
    total = cell(EVERYONE, EVERYONE)
    counts[ENROLLED] = counts[total]
    equations.append({total: 1, ENROLLED: -1})
    for arm, source in _ties(assignment).items():
        counts[arm] = counts[source]
        equations.append({source: 1, arm: -1})
    margins = table.margins | {ENROLLED, "discordant"}
    return Sums(counts, tuple(equations), table.lines, margins)


def _ties(assignment: Sequence[ArmCount]) -> dict[str, str]:
    """Say of which margin of the cross table each arm analysed is the same number."""
    arms = {line.arm for line in assignment}
    if all(line.arm == line.arm_by_rule for line in assignment):
        return {f"arm {arm}": cell(f"rule {arm}", EVERYONE) for arm in arms}
    if all(line.arm == line.arm_recorded for line in assignment):
        return {f"arm {arm}": cell(EVERYONE, _recorded(arm)) for arm in arms}
    return {}


def _recorded(arm: str | None) -> str:
    return f"recorded {arm}" if arm else NOWHERE


def _elsewhere(row: str) -> str:
    return f"{row}, recorded elsewhere"


def _shown_steps(
    funnel: Sequence[FunnelStep], shown: Mapping[str, str]
) -> tuple[ShownStep, ...]:
    last = len(funnel) - 1
    return tuple(
        ShownStep(
            s.step,
            s.stage,
            s.reason,
            shown[f"leaving {i + 1}"],
            shown[ENROLLED if i == last else f"left {i + 1}"],
        )
        for i, s in enumerate(funnel)
    )


def _shown_arms(
    assignment: Sequence[ArmCount], shown: Mapping[str, str]
) -> tuple[ShownArm, ...]:
    arms = dict.fromkeys(line.arm for line in assignment)
    return tuple(
        ShownArm(
            arm,
            shown[f"arm {arm}"],
            shown.get(cell(f"rule {arm}", EVERYONE)),
            shown.get(cell(EVERYONE, _recorded(arm))),
            shown.get(_elsewhere(f"rule {arm}")),
        )
        for arm in arms
    )
