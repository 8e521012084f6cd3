"""What a duration and its models are, in words, by what the plan declares of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from rctspark.config.plan.durations import CoxModel, DiscreteModel, TimingModel
from rctspark.release.labels import lower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config.plan import DurationPlan
    from rctspark.config.plan.durations import Departure, HazardModel, Interview
    from rctspark.release.labels import Labels

STARTS = {"benefit_start": "the start of the benefit", "enrolment": "enrolment"}
ENDS = {
    "benefit_end": "the benefit ends (revivals joined)",
    "first_job": "the first job after enrolment starts",
}
MEANS = {"benefit_end": "Mean time in benefit", "first_job": "Mean time without a job"}


def clock_words(planned: DurationPlan, labels: Labels) -> str:
    """Say from when to when time runs, and what the ways of leaving are.

    Args:
        planned: The duration.
        labels: Words.

    Returns:
        Some sentences.
    """
    until = labels.day(labels.plan.follow_up_until)
    words = (
        f"Time runs in {planned.unit}s from {STARTS[planned.origin]} until "
        f"{ENDS[planned.ends_at]}; who has not left by {until}, or within "
        f"{planned.until} {planned.unit}s, is last seen then."
    )
    ways = [_way(one, labels) for one in planned.departures]
    return f"{words} Ways of leaving: {'; '.join(ways)}." if ways else words


def _way(departure: Departure, labels: Labels) -> str:
    name = lower(labels.of(departure.name))
    if departure.is_rest:
        return f"{name}, whoever leaves in no other way"
    parts = []
    if departure.job_within_months is not None:
        months = departure.job_within_months
        apart = f"{months} month{'' if months == 1 else 's'}"
        parts.append(f"a job starts at most {apart} from the benefit's end")
    if departure.destinations:
        places = " or ".join(d.replace("_", "-") for d in departure.destinations)
        parts.append(f"the registered destination is {places}")
    return f"{name}, {', or '.join(parts)}"


def hazard_words(model: HazardModel, planned: DurationPlan, labels: Labels) -> str:
    """Describe a model of the hazard: link, baseline, covariates, the interview.

    Args:
        model: A model of the duration.
        planned: The duration.
        labels: Words.

    Returns:
        Some sentences.
    """
    if isinstance(model, TimingModel):
        return _timing_words(model, planned, labels)
    whose = "in any way" if model.cause is None else lower(labels.of(model.cause))
    covariates = _covariates(model.covariates, labels)
    parts = [f"the arms{covariates and ', ' + covariates}"]
    parts += [lower(labels.of(name)) for name in model.varying]
    if isinstance(model, CoxModel):
        words = f"Cox regression of the hazard of leaving {whose}, Efron's ties, on "
        return f"{words}{', '.join(parts)}.{_from(model.first_period, planned)}"
    if model.interview:
        parts.append("and having had the interview")
    link = "complementary log-log link: hazard ratios in grouped time"
    if model.link == "logit":
        link = "logit link: log odds"
    words = (
        f"Hazard of leaving {whose} in a {planned.unit}, {link}, on {', '.join(parts)}."
        f" {_pieces(model, planned)}{_from(model.first_period, planned)}"
    )
    if model.interview:
        words += f" {_interview(planned.interview, planned, labels)}"
    return words


def _covariates(names: Sequence[str], labels: Labels) -> str:
    return ", ".join(lower(labels.of(name)) for name in names)


def _from(first: int, planned: DurationPlan) -> str:
    if first == 1:
        return ""
    return f" Only those still in when {planned.unit} {first} begins are at risk."


def _pieces(model: DiscreteModel, planned: DurationPlan) -> str:
    ends = [*model.pieces[1:], planned.until + 1]
    starts = [max(start, model.first_period) for start in model.pieces]
    spans = [
        f"{start} to {end - 1}" if end - 1 > start else str(start)
        for start, end in zip(starts, ends, strict=True)
        if end > start
    ]
    if len(spans) == 1:
        return "The baseline is one constant."
    return f"The baseline has a constant for {planned.unit}s {', '.join(spans)}."


def _interview(
    interview: Interview | None, planned: DurationPlan, labels: Labels
) -> str:
    if interview is None:
        return ""
    kinds = " or ".join(lower(labels.of(kind)) for kind in interview.kinds)
    of = "" if interview.round is None else f" of the {labels.round(interview.round)}"
    return (
        f"Having had the interview: from the {planned.unit} after the one in which the "
        f"first {kinds}{of} was held."
    )


def _timing_words(model: TimingModel, planned: DurationPlan, labels: Labels) -> str:
    kinds = _kinds(planned.interview, labels)
    covariates = _covariates(model.covariates, labels) or "none"
    unit = planned.unit
    return (
        "Timing of events: the hazards of leaving in each way and of the first "
        f"{kinds}, together. Covariates of every hazard: {covariates}; the arms act on "
        "the hazard of the interview alone. Each baseline is constant by pieces: of "
        f"leaving {_spans(model.breaks, unit)}; of the interview "
        f"{_spans(model.interview_breaks, unit)}. Persons may be of kinds that nobody "
        "sees, with levels of their own in every hazard (mass points): kinds are added "
        "until no other would raise the likelihood. Having had the interview: from the "
        "moment at which it was held; the hazard of leaving changes then by one ratio. "
        "Points of exit: the share that has left by then if everyone still in were "
        f"interviewed {_number(model.interview_at)} {unit}(s) after "
        f"{STARTS[planned.origin]} less the share if nobody ever were, over the "
        "persons and kinds observed."
    )


def _kinds(interview: Interview | None, labels: Labels) -> str:
    kinds = () if interview is None else interview.kinds
    named = " or ".join(lower(labels.of(kind)) for kind in kinds)
    return named or "interview"


def _spans(breaks: Sequence[float], unit: str) -> str:
    cuts = [0.0, *breaks]
    spans = [f"{_number(a)} to {_number(b)}" for a, b in pairwise(cuts)]
    return f"{unit}s {', '.join([*spans, f'from {_number(cuts[-1])}'])}"


def _number(value: float) -> str:
    return f"{value:g}"
