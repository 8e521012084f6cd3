"""Numbers in words, by rule: what was found, how it was designed, how to read it.

The words say what the interval says and no more. An interval that holds zero is never
called 'no effect', and one that does not is never called proof.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.release.coarsening import whole_populations
from rctspark.release.labels import lower
from rctspark.release.numerals import MINUS, Scale, fixed, p_text
from rctspark.release.tables import headline_effects, headline_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.contracts import Effect
    from rctspark.release.labels import Labels
    from rctspark.release.released import Release

MEAN_NOT_SHOWN = "mean not shown under the data owner's rules"
SMALL_RATIO_P = 0.01
"""Below this, a difference in arm sizes is called out of the ordinary."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One headline in words.

    Attributes:
        title: Outcome and horizon.
        setting: The control arm's mean, who is analysed, the model.
        effects: One sentence for each arm; empty: none may be shown.
        intervals: What the arms' intervals tell, where there are several.
    """

    title: str
    setting: str
    effects: tuple[str, ...]
    intervals: str


def findings(release: Release, labels: Labels) -> list[Finding]:
    """Say in words what the headline effects are.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        One finding per headline, arms in the order of the plan. A headline that may
        not be shown says so.
    """
    heads = headline_effects(release.effects, release.plan)
    groups: dict[tuple[str, int, str, str], list[Effect]] = {
        key: [] for key in headline_keys(release.plan)
    }
    for e in heads:
        groups.setdefault((e.outcome, e.horizon, e.model, e.population), []).append(e)
    return [_finding(key, group, labels) for key, group in groups.items()]


def analysed_words(release: Release, labels: Labels) -> str:
    """Say how many of those randomised the headlines are about, where not all.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        The rest of a sentence: `, and the headlines are about women (n = 752)`.
        Empty: they are about everyone, or about several populations.
    """
    heads = headline_effects(release.effects, release.plan)
    arms: dict[str, dict[str, int]] = {}
    for e in heads:
        own = arms.setdefault(e.population, {})
        own |= {e.arm: e.n_arm, e.against: e.n_against}
    if len(arms) != 1:
        return ""
    ((population, sizes),) = arms.items()
    analysed, drawn = sum(sizes.values()), release.design.enrolled
    if not drawn.isdigit() or {*sizes} != {*release.plan.arms.all}:
        return ""
    if whole_populations(release.plan) & {population} or analysed >= int(drawn):
        return ""
    return f"; the headlines are about {labels.of(population)} (n = {analysed:,})"


def _finding(
    key: tuple[str, int, str, str], effects: Sequence[Effect], labels: Labels
) -> Finding:
    outcome, horizon, model, population = key
    title = f"{labels.of(outcome)}, {labels.horizon(outcome, horizon)}"
    if not effects:
        return Finding(title, "Not shown under the data owner's rules.", (), "")
    first = effects[0]
    is_share = labels.outcome(outcome).unit == "share"
    scale = Scale.of(effects, is_share=is_share)
    mean = mean_words(first.mean_against, scale, labels.units(outcome)[1])
    setting = f"{labels.of(first.against)}: {mean} (n = {fixed(first.n_against, 0)})."
    if population != labels.plan.analyses[0].population:
        setting = f"{labels.of(population)}. {setting}"
    if len(labels.plan.models) > 1:
        setting += f" Model: {lower(labels.of(model))}."
    told = tuple(effect_words(e, labels, scale) for e in effects)
    if len(effects) == 1:
        sentences = (f"{told[0]} {interval_words(first, scale)}",)
        return Finding(title, setting, sentences, "")
    return Finding(title, setting, told, arms_words(effects, labels))


def mean_words(mean: float, scale: Scale, unit: str) -> str:
    """Write the mean of a group with its unit, or that it stays inside.

    Args:
        mean: Mean of a group; not a number: it may not be shown.
        scale: How the outcome's numbers are written.
        unit: Unit of the mean.

    Returns:
        The words.
    """
    if math.isnan(mean):
        return MEAN_NOT_SHOWN
    return with_unit(scale.write(mean), unit)


def effect_words(e: Effect, labels: Labels, scale: Scale) -> str:
    """Say one effect in a sentence.

    Args:
        e: The effect.
        labels: Words.
        scale: How the outcome's numbers are written.

    Returns:
        Size and direction, interval, p and n.
    """
    unit = labels.units(e.outcome)[0]
    shown = round(e.estimate * scale.factor, scale.decimals)
    size = with_unit(fixed(abs(shown), scale.decimals), unit)
    direction = "higher" if shown > 0 else "lower"
    told = f"{size} {direction}" if shown else "no difference in the digits shown"
    low = scale.write(e.ci_lower, sign=True)
    high = scale.write(e.ci_upper, sign=True)
    return (
        f"{labels.of(e.arm)}: {told} ({e.level:.0%} interval {low} to {high}; "
        f"p {p_relation(e.p_value)}; n = {fixed(e.n_arm, 0)})."
    )


def interval_words(e: Effect, scale: Scale) -> str:
    """Say where an interval lies; never that there is no effect, or that there is one.

    Args:
        e: The effect.
        scale: How the outcome's numbers are written.

    Returns:
        One sentence.
    """
    if lies_aside(e):
        side, end = ("above", e.ci_lower) if e.ci_lower > 0 else ("below", e.ci_upper)
        is_near = round(end * scale.factor, scale.decimals) == 0
        return f"The whole interval lies {'just ' if is_near else ''}{side} zero."
    low = scale.write(e.ci_lower, sign=True)
    high = scale.write(e.ci_upper, sign=True)
    return (
        "The interval contains zero: the data do not settle whether there is a "
        f"difference, and anything from {low} to {high} fits them."
    )


def arms_words(effects: Sequence[Effect], labels: Labels) -> str:
    """Say for how many arms the interval holds zero.

    Args:
        effects: One per arm.
        labels: Words.

    Returns:
        One or two sentences.
    """
    aside = [lower(labels.of(e.arm)) for e in effects if lies_aside(e)]
    if not aside:
        return (
            "Every interval contains zero: the data do not settle whether there are "
            "differences."
        )
    named = f"({', '.join(aside)})"
    if len(aside) == len(effects):
        return "No interval contains zero."
    return (
        f"For {len(aside)} of {len(effects)} arms {named} the whole interval lies on "
        "one side of zero; for the others the data do not settle whether there is a "
        "difference."
    )


def lies_aside(e: Effect) -> bool:
    """Say whether the whole interval lies on one side of zero."""
    return e.ci_lower > 0 or e.ci_upper < 0


def p_relation(p: float) -> str:
    """Write `= 0.034` or `< 0.001`."""
    text = p_text(p)
    return f"< {text[1:]}" if text.startswith("<") else f"= {text}"


def with_unit(number: str, unit: str) -> str:
    """Put a number before its unit."""
    if unit == "%":
        return f"{number}%"
    return f"{number}\N{NO-BREAK SPACE}{unit}" if unit else number


def design_words(release: Release, labels: Labels) -> list[tuple[str, str]]:
    """Describe the design as the plan declares it.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        Heading and words, in order of reading.
    """
    plan = release.plan
    arms = ", ".join(lower(labels.of(a)) for a in plan.arms.treatments)
    control = lower(labels.of(plan.arms.control))
    return [
        ("Arms", f"{arms[:1].upper()}{arms[1:]}; compared with {control}."),
        ("Enrolment", _enrolment_words(release, labels)),
        ("Assignment", _assignment_words(release, labels)),
        ("Follow-up", _follow_up_words(release, labels)),
        ("Sample ratio", ratio_words(release.sample_ratio_p)),
    ]


def _follow_up_words(release: Release, labels: Labels) -> str:
    window, day = release.plan.window, labels.day(release.plan.follow_up_until)
    first, last = _signed(window.first), _signed(window.last)
    return (
        f"Outcomes to {day}. The panel holds {lower(labels.time_axis)}, from "
        f"{first} to {last}."
    )


def _signed(number: int) -> str:
    return f"{MINUS}{-number}" if number < 0 else str(number)


def _enrolment_words(release: Release, labels: Labels) -> str:
    population = release.plan.population
    schemes = " or ".join(population.benefits)
    clock = population.clock
    if clock is None:
        words = "Everyone on the delivered assignment lists, on the day of the list."
    else:
        words = (
            f"Recipients of {schemes} who reach {clock.after_days} days of benefit "
            f"from {labels.day(clock.first)} to {labels.day(clock.last)}, both days "
            "included."
        )
        if population.revival_days:
            words += (
                f" A benefit that revives within {population.revival_days} days "
                "carries on from its first day."
            )
    if population.sites:
        words += f" Sites: {', '.join(labels.place(s) for s in population.sites)}."
    return words


def _assignment_words(release: Release, labels: Labels) -> str:
    plan = release.plan
    rule = plan.assignment
    if rule.rule == "parity" and rule.even and rule.odd:
        even, odd = lower(labels.of(rule.even)), lower(labels.of(rule.odd))
        words = f"By the last digit of the person's number: even, {even}; odd, {odd}."
        follows = "the arm that the rule gives"
        if rule.analyse == "recorded":
            follows = "the arm that was recorded"
        return f"{words} The analysis follows {follows}, whatever was received."
    return "By draw, as delivered on the assignment lists; persons stay in their arm."


def ratio_words(p: float | None) -> str:
    """Say whether arms have the sizes that the plan intends.

    Args:
        p: p-value of the test of their sizes; None: there is none; not a number: it
            stays inside.

    Returns:
        A sentence.
    """
    if p is None:
        return "The plan states no intended shares, so arm sizes are not tested."
    if math.isnan(p):
        return "The test of the arms' sizes stays inside, as one of the sizes does."
    if p < SMALL_RATIO_P:
        return (
            f"The arms differ from their intended shares by more than chance easily "
            f"explains (p {p_relation(p)}): find out why before using the results."
        )
    return f"The sizes of the arms fit their intended shares (p {p_relation(p)})."


def n_words(effects: Sequence[Effect]) -> str:
    """Say how many persons the numbers of a figure rest on."""
    arm, control = [e.n_arm for e in effects], [e.n_against for e in effects]
    treated, other = _span(arm), _span(control)
    return f"n = {treated} per treatment arm and {other} in the control arm."


def model_words(effects: Sequence[Effect], labels: Labels) -> str:
    """Name the models of the effects of a figure: `model: adjusted for covariates`.

    Args:
        effects: Effects that stand together.
        labels: Words.

    Returns:
        The words; of several models, each with its outcomes.
    """
    outcomes: dict[str, dict[str, None]] = {}
    for e in effects:
        outcomes.setdefault(e.model, {})[labels.of(e.outcome)] = None
    if len(outcomes) == 1:
        return f"model: {lower(labels.of(next(iter(outcomes))))}"
    named = [
        f"{lower(labels.of(model))} ({', '.join(lower(name) for name in of)})"
        for model, of in outcomes.items()
    ]
    return f"models: {'; '.join(named)}"


def _span(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    text = fixed(low, 0)
    return text if low == high else f"{text}\N{EN DASH}{fixed(high, 0)}"
