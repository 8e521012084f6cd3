"""What a published report says in words, beside what a twin's analysis finds.

Published tables are compared cell by cell (`comparison`); sentences are not numbers, so
both stand side by side, and only signs, significance and the ranges that a sentence
names are held together. That is done before disclosure control, as for the tables; the
numbers that stand on a page are those that may leave. For twins alone: of real data
this would say nothing.
"""

from __future__ import annotations

import csv
import math
from dataclasses import astuple, dataclass, fields
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from rctspark.release.category_screening import category_parts
from rctspark.release.labels import lower
from rctspark.release.numerals import MINUS, Scale, fixed, p_text
from rctspark.release.wording import mean_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rctspark.contracts import Effect
    from rctspark.contracts.duration_tables import DurationEstimate
    from rctspark.release.durations import DurationResults
    from rctspark.release.labels import Labels
    from rctspark.release.publication.finding_documents import (
        DurationNamed,
        EffectNamed,
        EffectsNamed,
        PublishedFinding,
        PublishedFindings,
    )

NOT_ESTIMATED = "the plan does not estimate it"
NOT_SHOWN = "not shown under the data owner's rules"
RATIOS = ("cox", "cloglog", "timing")
YES, NO = "yes", "no"


class Results(NamedTuple):
    """What was found: all of it, or what may leave."""

    effects: Sequence[Effect]
    durations: Sequence[DurationResults]


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A published finding beside one number of ours.

    Attributes:
        about: What it is about.
        published: What the report says.
        ours: What it is called here.
        value: The number with its interval, or why there is none.
        p: Its p-value; empty: none.
        agrees: `yes` or `no`: what the sentence says of significance, sign and mean
            holds here; empty: it says nothing of them, or there is no number.
        reason: Why the twin does not show it, or not in full, as the findings say.
    """

    about: str
    published: str
    ours: str
    value: str
    p: str
    agrees: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShownFindings:
    """The findings of one report beside ours.

    Attributes:
        source: The report.
        lines: One per finding and number, or count of numbers, of ours.
    """

    source: str
    lines: tuple[ShownFinding, ...]

    @property
    def n_compared(self) -> int:
        """Lines in which something could be held together."""
        return sum(line.agrees != "" for line in self.lines)

    @property
    def n_agreeing(self) -> int:
        """Lines in which what the sentence says holds."""
        return sum(line.agrees == YES for line in self.lines)


def shown_findings(
    told: PublishedFindings, found: Results, shown: Results, labels: Labels
) -> ShownFindings:
    """Put every published finding beside ours.

    Args:
        told: What is published in words.
        found: All that was found: sentences are held against it.
        shown: Of it, what may leave: only its numbers are written.
        labels: Words.

    Returns:
        One line per finding and number of ours; many effects share a line.
    """
    lines = [
        line
        for finding in told.findings
        for line in _lines(finding, found, shown, labels)
    ]
    return ShownFindings(told.source, tuple(lines))


def findings_csv(findings: ShownFindings) -> bytes:
    """Write the comparison as comma-separated UTF-8."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(ShownFinding)])
    writer.writerows(astuple(line) for line in findings.lines)
    return text.getvalue().encode()


def _lines(
    finding: PublishedFinding, found: Results, shown: Results, labels: Labels
) -> Iterator[ShownFinding]:
    if not (finding.effects or finding.many or finding.durations):
        yield _line(finding, "", NOT_ESTIMATED)
    for named in finding.effects:
        yield _effect_line(finding, named, found, shown, labels)
    for many in finding.many:
        yield _many_line(finding, many, found, labels)
    for one in finding.durations:
        yield _duration_line(finding, one, found, shown, labels)


def _line(
    finding: PublishedFinding, ours: str, value: str, p: str = "", agrees: str = ""
) -> ShownFinding:
    return ShownFinding(
        finding.about, finding.published, ours, value, p, agrees, finding.reason
    )


def _effect_line(
    finding: PublishedFinding,
    named: EffectNamed,
    found: Results,
    shown: Results,
    labels: Labels,
) -> ShownFinding:
    if not _is_planned([named.outcome], labels):
        return _line(finding, labels.of(named.outcome), NOT_ESTIMATED)
    what = f"{labels.of(named.outcome)}, {labels.horizon(named.outcome, named.horizon)}"
    if len(labels.plan.arms.treatments) > 1:
        what += f", {lower(labels.of(named.arm))}"
    what += f"; {population_words(named.population, labels)}"
    all_of_it, leaving = _effect(named, found), _effect(named, shown)
    if all_of_it is None:
        return _line(finding, what, NOT_ESTIMATED)
    holds = _holds(finding, all_of_it, labels)
    agrees = "" if holds is None else YES if holds else NO
    if leaving is None:
        return _line(finding, what, NOT_SHOWN, agrees=agrees)
    value, p = _effect_words(leaving, labels), p_text(leaving.p_value)
    return _line(finding, what, value, p, agrees)


def _is_planned(outcomes: Sequence[str], labels: Labels) -> bool:
    return {*outcomes} <= {o.name for o in labels.plan.outcomes}


def population_words(population: str, labels: Labels) -> str:
    """Name those analysed: a category of a covariate, else the population."""
    whole, covariate, value = category_parts(population)
    if not covariate:
        return labels.of(whole)
    return f"{labels.of(covariate)}: {labels.of(value)}"


def _holds(finding: PublishedFinding, e: Effect, labels: Labels) -> bool | None:
    """Say whether what a sentence says is so of an effect. None: it says nothing."""
    told: list[bool] = []
    if finding.is_significant is not None:
        told.append(_is_significant(e, labels) == finding.is_significant)
    if finding.sign is not None:
        told.append(e.estimate > 0 if finding.sign == "positive" else e.estimate < 0)
    if finding.mean is not None:
        low, high = finding.mean
        means = (e.mean_against, e.mean_against + e.estimate)
        told.append(all(low <= mean <= high for mean in means))
    return all(told) if told else None


def _is_significant(e: Effect, labels: Labels) -> bool:
    return e.p_value < 1 - labels.plan.inference.level


def _many_line(
    finding: PublishedFinding, many: EffectsNamed, found: Results, labels: Labels
) -> ShownFinding:
    if not _is_planned(many.outcomes, labels):
        return _line(finding, "", NOT_ESTIMATED)
    ours = _many_words(many, labels)
    effects = [e for named in many.each if (e := _effect(named, found)) is not None]
    if not effects:
        return _line(finding, ours, NOT_ESTIMATED)
    if many.also_in is not None:
        same = [_is_same_elsewhere(e, many.also_in, found, labels) for e in effects]
        value = f"{sum(same)} of {len(same)} with the same verdict in both"
        return _line(finding, ours, value, "", _enough(same, finding))
    told = [_holds(finding, e, labels) for e in effects]
    holding = [holds for holds in told if holds is not None]
    value = _many_value(finding, effects, sum(holding), labels)
    return _line(finding, ours, value, "", _enough(holding, finding))


def _many_value(
    finding: PublishedFinding, effects: Sequence[Effect], holding: int, labels: Labels
) -> str:
    """Count effects; the means themselves may be such as stay inside."""
    n = len(effects)
    if finding.mean is not None:
        return f"{holding} of {n} with both means in that range"
    significant = sum(_is_significant(e, labels) for e in effects)
    positive = sum(e.estimate > 0 for e in effects)
    return f"{significant} of {n} significant, {positive} positive"


def _enough(holding: Sequence[bool], finding: PublishedFinding) -> str:
    if not holding:
        return ""
    differ = len(holding) - sum(holding)
    return YES if differ <= finding.at_most * len(holding) else NO


def _is_same_elsewhere(
    e: Effect, other: tuple[str, str], found: Results, labels: Labels
) -> bool:
    population, model = other
    twin = next(
        (
            t
            for t in found.effects
            if (t.population, t.outcome, t.horizon, t.model, t.arm)
            == (population, e.outcome, e.horizon, model, e.arm)
            and t.site == "all"
        ),
        None,
    )
    return twin is not None and (
        _is_significant(e, labels) == _is_significant(twin, labels)
    )


def _many_words(many: EffectsNamed, labels: Labels) -> str:
    outcomes = (
        labels.of(many.outcomes[0])
        if len(many.outcomes) == 1
        else f"{len(many.outcomes)} outcomes"
    )
    first, last = many.between
    name = many.outcomes[0]
    when = labels.horizon(name, first)
    if first != last:
        when += f" to {fixed(last, 0)}"
    if many.but:
        when += f" but {', '.join(str(h) for h in many.but)}"
    when = when.replace("-", MINUS)
    arms = ", ".join(lower(labels.of(arm)) for arm in many.arms)
    return f"{outcomes}, {when}, {arms}; {population_words(many.population, labels)}"


def _duration_line(
    finding: PublishedFinding,
    one: DurationNamed,
    found: Results,
    shown: Results,
    labels: Labels,
) -> ShownFinding:
    what = duration_words(one.duration, one.cause, one.horizon, labels)
    all_of_it, leaving = _duration(one, found), _duration(one, shown)
    if all_of_it is None:
        return _line(finding, what, NOT_ESTIMATED)
    agrees = ""
    if finding.is_significant is not None and all_of_it.p_value is not None:
        limit = 1 - labels.plan.inference.level
        agrees = YES if (all_of_it.p_value < limit) == finding.is_significant else NO
    if leaving is None:
        return _line(finding, what, NOT_SHOWN, agrees=agrees)
    p = "" if leaving.p_value is None else p_text(leaving.p_value)
    return _line(finding, what, _duration_words(leaving), p, agrees)


def duration_words(name: str, cause: str, horizon: int, labels: Labels) -> str:
    """Name a number of a duration by the plan's words.

    Args:
        name: Duration of the plan.
        cause: Way of leaving.
        horizon: Time, in the duration's unit; 0: none.
        labels: Words.

    Returns:
        `Job, within 12 months; Months from enrolment to the end of the benefit`.
    """
    planned = next((d for d in labels.plan.durations if d.name == name), None)
    title = planned.title if planned is not None and planned.title else labels.of(name)
    when = f", within {horizon} {planned.unit}s" if horizon and planned else ""
    return f"{labels.of(cause)}{when}; {lower(title)}"


def _effect(named: EffectNamed, results: Results) -> Effect | None:
    wanted = (named.population, named.outcome, named.horizon, named.model, named.arm)
    return next(
        (
            e
            for e in results.effects
            if (e.population, e.outcome, e.horizon, e.model, e.arm) == wanted
            and e.site == "all"
        ),
        None,
    )


def _duration(named: DurationNamed, results: Results) -> DurationEstimate | None:
    return next(
        (
            e
            for one in results.durations
            if one.name == named.duration
            for e in one.estimates
            if (e.method, e.cause, e.term, e.horizon)
            == (named.method, named.cause, named.term, named.horizon)
            and named.model in ("", e.model)
        ),
        None,
    )


def _effect_words(e: Effect, labels: Labels) -> str:
    scale = Scale.of([e], is_share=labels.outcome(e.outcome).unit == "share")
    unit = labels.units(e.outcome)[0]
    low, high = scale.write(e.ci_lower), scale.write(e.ci_upper)
    mean = mean_words(e.mean_against, scale, "")
    return (
        f"{scale.write(e.estimate, sign=True)} {unit} ({low} to {high}); "
        f"{lower(labels.of(e.against))} {mean}"
    )


def _duration_words(e: DurationEstimate) -> str:
    if e.estimate is None:
        return f"chi-square {fixed(e.statistic or 0.0, 1)}"

    def written(value: float) -> str:
        if e.method in RATIOS:
            return fixed(math.exp(value), 2)
        return fixed(100 * value, 1)

    unit = "times the hazard" if e.method in RATIOS else "points"
    if e.ci_lower is None or e.ci_upper is None:
        return f"{written(e.estimate)} {unit}"
    low, high = written(e.ci_lower), written(e.ci_upper)
    return f"{written(e.estimate)} {unit} ({low} to {high})"
