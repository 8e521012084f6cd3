"""What a published report says in words, as it is kept beside its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from rctspark.config.documents import Document, read_document

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = "findings.yaml"


class EffectNamed(Document):
    """One effect of EFFECTS, by its key."""

    population: str
    outcome: str
    horizon: int = 0
    model: str
    arm: str


class EffectsNamed(Document):
    """Many effects of EFFECTS that one sentence is about.

    Attributes:
        population: Their population.
        outcomes: Their outcomes.
        between: First and last horizon, both included.
        but: Horizons between them that the sentence is not about.
        model: Their model.
        arms: Their arms.
        also_in: Another population (and model) with the same outcomes, horizons and
            arms: the sentence says that verdicts are the same in both.
    """

    population: str
    outcomes: tuple[str, ...] = Field(min_length=1)
    between: tuple[int, int]
    but: tuple[int, ...] = ()
    model: str
    arms: tuple[str, ...] = Field(min_length=1)
    also_in: tuple[str, str] | None = None

    @property
    def horizons(self) -> tuple[int, ...]:
        """The horizons that the sentence is about."""
        first, last = self.between
        return tuple(h for h in range(first, last + 1) if h not in self.but)

    @property
    def each(self) -> tuple[EffectNamed, ...]:
        """The effects one by one."""
        return tuple(
            EffectNamed(
                population=self.population,
                outcome=outcome,
                horizon=horizon,
                model=self.model,
                arm=arm,
            )
            for outcome in self.outcomes
            for horizon in self.horizons
            for arm in self.arms
        )


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
        sign: Whether it says that effects are positive, or negative. None: neither.
        mean: Between which values it says that the mean is of every arm, control
            among them, in the outcome's unit. None: it says nothing of means.
        at_most: Share of many effects that may differ from the sentence: a report
            says 'in nearly all months'.
        effects: Effects of the plan that are about the same, one line each.
        many: Effects that are counted in one line.
        durations: Numbers of the plan's durations that are about the same.
        reason: Why the twin does not show it, or not in full: with the arithmetic where
            no twin that gives back the published tables can. Empty: it does.
    """

    about: str
    published: str
    is_significant: bool | None = None
    sign: Literal["positive", "negative"] | None = None
    mean: tuple[float, float] | None = None
    at_most: float = Field(0.0, ge=0, lt=1)
    effects: tuple[EffectNamed, ...] = ()
    many: tuple[EffectsNamed, ...] = ()
    durations: tuple[DurationNamed, ...] = ()
    reason: str = ""


class PublishedFindings(Document):
    """The findings of one report.

    Attributes:
        source: The report.
        findings: Its findings.
    """

    source: str
    findings: tuple[PublishedFinding, ...] = Field(min_length=1)


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
