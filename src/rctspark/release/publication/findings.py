"""What a published report says in words, beside what a twin's analysis finds.

Published tables are compared cell by cell (`comparison`); sentences are not numbers, so
both stand side by side and only their significance is held together. For twins alone:
of real data this would say nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from rctspark.config.documents import Document, read_document
from rctspark.release.numerals import Scale, fixed, p_text
from rctspark.release.wording import mean_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rctspark.contracts import Effect
    from rctspark.contracts.duration_tables import DurationEstimate
    from rctspark.release.labels import Labels
    from rctspark.release.record import Release

FINDINGS = "findings.yaml"
NOT_ESTIMATED = "the plan does not estimate it"
NOT_SHOWN = "not shown under the data owner's rules"
RATIOS = ("cox", "cloglog", "timing")


class EffectNamed(Document):
    """One effect of EFFECTS, by its key."""

    population: str
    outcome: str
    horizon: int = 0
    model: str
    arm: str


class DurationNamed(Document):
    """One number of DURATION_ESTIMATES, by its key; `model` empty: any."""

    duration: str
    method: str
    cause: str
    term: str
    horizon: int = 0
    model: str = ""


class PublishedFinding(Document):
    """One finding of the report.

    Attributes:
        about: What it is about.
        published: What the report says.
        is_significant: Whether it says significant. None: it is about something else.
        effects: Effects of the plan that are about the same.
        durations: Numbers of the plan's durations that are.
    """

    about: str
    published: str
    is_significant: bool | None = None
    effects: tuple[EffectNamed, ...] = ()
    durations: tuple[DurationNamed, ...] = ()


class PublishedFindings(Document):
    """The findings of one report.

    Attributes:
        source: The report.
        findings: Its findings.
    """

    source: str
    findings: tuple[PublishedFinding, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A published finding beside one number of ours.

    Attributes:
        about: What it is about.
        published: What the report says.
        ours: What it is called here.
        value: The number with its interval, or why there is none.
        p: Its p-value; empty: none.
        agrees: `yes` or `no`: both are significant, or neither is; empty: the finding
            is not about that, or there is no number.
    """

    about: str
    published: str
    ours: str
    value: str
    p: str
    agrees: str


def read_findings(folder: Path) -> PublishedFindings | None:
    """Read what a report says in words.

    Args:
        folder: `conf/published/<experiment>`.

    Returns:
        The findings. None: none are kept there.

    Raises:
        ConfigError: The file has faults.
    """
    path = folder / FINDINGS
    return read_document(path, PublishedFindings) if path.is_file() else None


def shown_findings(release: Release, labels: Labels) -> list[ShownFinding]:
    """Put every published finding beside what may be shown of ours.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        One line per finding and number of ours; none where the data are real.
    """
    if release.findings is None or not release.is_synthetic:
        return []
    return [
        line
        for finding in release.findings.findings
        for line in _lines(finding, release, labels)
    ]


def _lines(
    finding: PublishedFinding, release: Release, labels: Labels
) -> Iterator[ShownFinding]:
    limit = 1 - labels.plan.inference.level
    if not (finding.effects or finding.durations):
        yield _line(finding, "", NOT_ESTIMATED, None, limit)
    for named in finding.effects:
        effect = _effect(named, release)
        when = labels.horizon(named.outcome, named.horizon)
        what = f"{labels.of(named.outcome)}, {when}"
        value = NOT_SHOWN if effect is None else _effect_words(effect, labels)
        p = None if effect is None else effect.p_value
        yield _line(finding, f"{what}; {labels.of(named.population)}", value, p, limit)
    for one in finding.durations:
        found = _duration(one, release)
        what = f"{labels.of(one.cause)}, {one.duration.replace('_', ' ')}"
        if one.horizon:
            what += f" {one.horizon}"
        value = NOT_SHOWN if found is None else _duration_words(found)
        p = None if found is None else found.p_value
        yield _line(finding, what, value, p, limit)


def _line(
    finding: PublishedFinding, ours: str, value: str, p: float | None, limit: float
) -> ShownFinding:
    agrees = ""
    if p is not None and finding.is_significant is not None:
        agrees = "yes" if (p < limit) == finding.is_significant else "no"
    told = "" if p is None else p_text(p)
    return ShownFinding(finding.about, finding.published, ours, value, told, agrees)


def _effect(named: EffectNamed, release: Release) -> Effect | None:
    wanted = (named.population, named.outcome, named.horizon, named.model, named.arm)
    return next(
        (
            e
            for e in release.effects
            if (e.population, e.outcome, e.horizon, e.model, e.arm) == wanted
            and e.site == "all"
        ),
        None,
    )


def _duration(named: DurationNamed, release: Release) -> DurationEstimate | None:
    return next(
        (
            e
            for one in release.durations
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
        f"{labels.of(e.against).lower()} {mean}"
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
