"""Words for what a plan names: the one place that knows a language.

A plan carries labels by language (`labels.exit.nl`); what it does not label gets a
readable form of its name. The few words of our own stand in `WORDS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.config.plan import (
    BenefitDurationOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    PanelOutcome,
    PerRoundOutcome,
)
from rctspark.periods import PeriodKind

if TYPE_CHECKING:
    import datetime as dt

    from rctspark.config import Plan
    from rctspark.config.plan import Outcome

WORDS = {
    "en": {
        "all": "Everyone enrolled",
        "month": "month",
        "months": "months",
        "week": "week",
        "weeks": "weeks",
        "within": "within {n} {periods}",
        "at": "{period} {n}",
        "spell": "whole spell",
        "round": "round of month {n}",
        "until": "until {day}",
        "pp": "percentage points",
        "percent": "%",
        "benefit_start": "the start of the benefit",
        "enrolment": "enrolment",
        "since": "{periods} since {origin}",
        "mean": "Mean",
        "persons": "Persons",
        "weights": "Weights",
        "effective_n": "Effective number of persons",
        "largest_weights": "Mean of the largest weights",
    },
    "nl": {
        "all": "Alle deelnemers",
        "month": "maand",
        "months": "maanden",
        "week": "week",
        "weeks": "weken",
        "within": "binnen {n} {periods}",
        "at": "{period} {n}",
        "spell": "hele uitkering",
        "round": "ronde van maand {n}",
        "until": "tot en met {day}",
        "pp": "procentpunt",
        "percent": "%",
        "benefit_start": "aanvang uitkering",
        "enrolment": "instroom",
        "since": "{periods} sinds {origin}",
        "mean": "Gemiddelde",
        "persons": "Personen",
        "weights": "Gewichten",
        "effective_n": "Effectief aantal personen",
        "largest_weights": "Gemiddelde van de grootste gewichten",
    },
}
MONTHS = {
    "en": "January February March April May June July August September October "
    "November December",
    "nl": "januari februari maart april mei juni juli augustus september oktober "
    "november december",
}


@dataclass(frozen=True, slots=True)
class Labels:
    """Words for one plan in one language.

    Attributes:
        plan: The analysis plan.
        language: `en` or `nl`; a label that lacks it is taken from `en`.
    """

    plan: Plan
    language: str = "en"

    def of(self, name: str) -> str:
        """Return the words for an outcome, arm, covariate, model or population."""
        labels = self.plan.labels.get(name, {})
        words = labels.get(self.language) or labels.get("en")
        if words:
            return words
        known = WORDS[self.language]
        return known.get(name, name.replace("_", " ").capitalize())

    def place(self, name: str) -> str:
        """Return the words for a site: a proper name."""
        is_labelled = name in self.plan.labels
        return self.of(name) if is_labelled else name.replace("_", " ").title()

    def stage(self, name: str) -> str:
        """Return the words for a step of the funnel.

        Args:
            name: Its name, as the funnel has it: `target population`.

        Returns:
            The plan's label of that name, written `target_population`; without one
            the name itself.
        """
        key = name.replace(" ", "_")
        return self.of(key) if key in self.plan.labels else name[:1].upper() + name[1:]

    def day(self, day: dt.date) -> str:
        """Write a day: 31 January 2014."""
        return f"{day.day} {MONTHS[self.language].split()[day.month - 1]} {day.year}"

    def round(self, number: int) -> str:
        """Name a round of interviews."""
        return WORDS[self.language]["round"].format(n=number)

    def outcome(self, name: str) -> Outcome:
        """Return the outcome called `name`."""
        return next(o for o in self.plan.outcomes if o.name == name)

    def horizon(self, name: str, horizon: int) -> str:
        """Say when an outcome is looked at: `within 12 months`, `month 12`.

        Args:
            name: Outcome of the plan.
            horizon: Its horizon.

        Returns:
            The words, without a capital.
        """
        words, outcome = WORDS[self.language], self.outcome(name)
        if isinstance(outcome, ExitOutcome | ExitToJobOutcome):
            per = outcome.per if isinstance(outcome, ExitOutcome) else PeriodKind.MONTH
            return words["within"].format(n=horizon, periods=words[f"{per.value}s"])
        if isinstance(outcome, PanelOutcome):
            period = words[self.plan.period.value]
            return words["at"].format(period=period, n=horizon)
        if isinstance(outcome, PerRoundOutcome):
            return self.round(horizon)
        if isinstance(outcome, BenefitDurationOutcome):
            return words["spell"]
        return words["until"].format(day=self.day(self.plan.follow_up_until))

    @property
    def time_axis(self) -> str:
        """Say what the panel's horizons count: `Months since enrolment`."""
        words, origin = WORDS[self.language], self.plan.population.origin
        since = words[origin] if isinstance(origin, str) else self.day(origin)
        periods = words[f"{self.plan.period.value}s"]
        return words["since"].format(periods=periods.capitalize(), origin=since)

    def units(self, name: str) -> tuple[str, str]:
        """Return the unit of an outcome's effects and that of its means.

        Args:
            name: Outcome of the plan.

        Returns:
            Percentage points and per cent for a share; else the plan's unit twice.
        """
        unit = self.outcome(name).unit
        if unit == "share":
            words = WORDS[self.language]
            return words["pp"], words["percent"]
        return unit, unit


def lower(words: str) -> str:
    """Put a label in the middle of a sentence; acronyms keep their capitals."""
    return words if re.match(r"[A-Z][A-Z0-9]", words) else words[:1].lower() + words[1:]
