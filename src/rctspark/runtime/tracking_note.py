"""The description of a tracked analysis, for the statistician who opens it."""

from __future__ import annotations

from math import isinf, isnan
from typing import TYPE_CHECKING

from rctspark.runtime.tracking_errors import DEGREES, covariance_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.config import Plan
    from rctspark.config.plan import Headline
    from rctspark.contracts import Effect
    from rctspark.contracts.operation import AnalysisRecord

SYNTHETIC = "**Synthetic data: no figure here is about real persons.**"
READING = (
    "Intention to treat: the outcome of everyone assigned to the arm minus that of "
    "everyone assigned to `{control}`, whatever services they got, by least squares "
    "among those whose outcome is observed. {errors} Intervals are {level:.0%} "
    "intervals. Each p-value is of its own effect alone: none is corrected for how "
    "many there are. A share is given as a share: 0.021 is 2.1 "
    "percentage points."
)


def describe_analysis(
    plan: Plan,
    effects: Sequence[Effect],
    *,
    record: AnalysisRecord,
    n_withheld: int,
    minimum_persons: int,
) -> str:
    """Write the description of an analysis as Markdown.

    Args:
        plan: The analysis plan.
        effects: Effects that may be shown.
        record: What the analysis rests on.
        n_withheld: How many were estimated besides and may not.
        minimum_persons: Fewest persons behind a number.

    Returns:
        Label if synthetic, the first headline, all headlines, how to read them, what
        they rest on.
    """
    # The page shows three lines before it asks to be opened: the label and the first
    # headline stand there.
    parts = [
        SYNTHETIC if record.is_synthetic else "",
        _lead(plan, effects),
        "### Headline effects",
        _headline_table(plan, effects, n_withheld),
        _scope(plan, effects, n_withheld),
        READING.format(
            control=plan.arms.control,
            errors=covariance_words(plan, effects),
            level=plan.inference.level,
        ),
        _left_out(record),
        "### Where to find the rest",
        _places(plan),
        "### What it rests on",
        _persons(record, minimum_persons),
        _origin(plan, record),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def describe_outcome(plan: Plan, effect: Effect, *, record: AnalysisRecord) -> str:
    """Write the description of one outcome's run as Markdown.

    Args:
        plan: The analysis plan.
        effect: One of its effects.
        record: What the analysis rests on.

    Returns:
        Label if synthetic, and what the metrics are.
    """
    model = next((m for m in plan.models if m.name == effect.model), None)
    adjusted = ", ".join(model.covariates) if model else ""
    unit = next((o.unit for o in plan.outcomes if o.name == effect.outcome), "")
    said = (
        f"{_label(plan, effect.outcome)} ({unit}), analysed: {effect.population}. "
        f"Effect of assignment against {_label(plan, effect.against)} by horizon "
        f"(step), {effect.level:.0%} intervals, {effect.covariance}"
        f"{_degrees(effect)}. "
        f"Model {effect.model}: "
    )
    said += f"adjusted for {adjusted}." if adjusted else "difference in means."
    return f"{SYNTHETIC}\n\n{said}" if record.is_synthetic else said


def describe_duration(
    plan: Plan, duration: str, method: str, *, record: AnalysisRecord
) -> str:
    """Write the description of one duration's run as Markdown.

    Args:
        plan: The analysis plan.
        duration: Name of the duration.
        method: How its numbers were found.
        record: What the analysis rests on.

    Returns:
        Label if synthetic, and what the metrics are.
    """
    (declared,) = (d for d in plan.durations if d.name == duration)
    said = (
        f"{_label(plan, duration)}, in {declared.unit}s: {method.replace('_', ' ')}. "
        "Metrics are named for the way of leaving and the term; the step is the time "
        "from the origin, 0 where a number is of no one time."
    )
    return f"{SYNTHETIC}\n\n{said}" if record.is_synthetic else said


def _degrees(effect: Effect) -> str:
    """Say the degrees of freedom of an effect; the normal distribution has none."""
    if isinf(effect.df):
        return ""
    is_exact = effect.covariance in DEGREES
    n = f"{effect.df:,.1f}" if is_exact else f"at least {effect.df:,.0f}"
    return f" with {n} degrees of freedom"


def _left_out(record: AnalysisRecord) -> str:
    if not record.not_estimated:
        return ""
    return f"Not estimated: {'; '.join(record.not_estimated)}."


def headline_of(plan: Plan, effect: Effect) -> bool:
    """Say whether an effect is one of the plan's headlines."""
    return (effect.outcome, effect.horizon, effect.model, effect.population) in {
        _key(headline) for headline in plan.headlines
    }


def number(value: float) -> str:
    """Write a number with its sign and as many digits as its size deserves."""
    size = abs(value)
    digits = 1 if size >= 100 else 2 if size >= 10 else 3 if size >= 1 else 4  # noqa: PLR2004
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _key(headline: Headline) -> tuple[str, int, str, str]:
    return (headline.outcome, headline.horizon, headline.model, headline.population)


def _label(plan: Plan, name: str) -> str:
    return plan.labels.get(name, {}).get("en", name)


def _headline_table(plan: Plan, effects: Sequence[Effect], n_withheld: int) -> str:
    if not plan.headlines:
        return "The plan names no headlines."
    level = f"{plan.inference.level:.0%}"
    heads = (
        "outcome",
        "horizon",
        "arm",
        "effect",
        "SE",
        f"{level} interval",
        "p",
        "n (arm, control)",
        "mean of control",
        "model",
        "analysed",
    )
    lines = [
        "| " + " | ".join(heads) + " |",
        "|---|--:|---|--:|--:|---|--:|--:|--:|---|---|",
    ]
    for headline in plan.headlines:
        shown = [e for e in effects if _effect_key(e) == _key(headline)]
        lines += [_headline_row(plan, e) for e in shown]
        if not shown:
            why = "not shown" if n_withheld else "not estimated"
            lines.append(
                f"| {_label(plan, headline.outcome)} | {headline.horizon} | | {why} | "
                f"| | | | | {headline.model} | {headline.population} |"
            )
    return "\n".join(lines)


def _effect_key(effect: Effect) -> tuple[str, int, str, str]:
    return (effect.outcome, effect.horizon, effect.model, effect.population)


def _lead(plan: Plan, effects: Sequence[Effect]) -> str:
    first = next((e for e in effects if headline_of(plan, e)), None)
    if first is None:
        return ""
    return (
        f"{_label(plan, first.outcome)}, horizon {first.horizon}, "
        f"{_label(plan, first.arm)} against {_label(plan, first.against)}: "
        f"**{number(first.estimate)}** (SE {number(first.std_error).lstrip('+')}, "
        f"{first.level:.0%} interval {number(first.ci_lower)} to "
        f"{number(first.ci_upper)}, p {_p_value(first)}, n {first.n_arm:,} and "
        f"{first.n_against:,}; model {first.model})."
    )


def _p_value(effect: Effect) -> str:
    return "< 0.001" if effect.p_value < 0.001 else f"{effect.p_value:.3f}"  # noqa: PLR2004


def _headline_row(plan: Plan, e: Effect) -> str:
    cells = (
        _label(plan, e.outcome),
        str(e.horizon),
        _label(plan, e.arm),
        f"**{number(e.estimate)}**",
        number(e.std_error).lstrip("+"),
        f"{number(e.ci_lower)} to {number(e.ci_upper)}",
        _p_value(e),
        f"{e.n_arm:,}, {e.n_against:,}",
        "not shown" if isnan(e.mean_against) else number(e.mean_against).lstrip("+"),
        e.model,
        e.population,
    )
    return "| " + " | ".join(cells) + " |"


def _scope(plan: Plan, effects: Sequence[Effect], n_withheld: int) -> str:
    said = (
        f"{len(effects)} effects: {_count(e.outcome for e in effects)} outcome(s), "
        f"{_count(e.arm for e in effects)} arm(s) against "
        f"{_label(plan, plan.arms.control)}, {_count(e.model for e in effects)} "
        f"model(s), {_count(e.population for e in effects)} population(s)."
    )
    if n_withheld:
        said += (
            f" {n_withheld} more were estimated and stay inside under the data owner's "
            "rules."
        )
    return said


def _count(names: Iterable[str]) -> int:
    return len(set(names))


def _places(plan: Plan) -> str:
    return (
        "- *Artifacts*, `effects.json`: every effect as one row, with interval, p, n "
        "and degrees of freedom; figures beside it, with bands.\n"
        "- The runs below this one (open the + in the list of runs): one per outcome, "
        f"model and population. Step = {plan.period.value}s (or the outcome's own "
        "unit) since the origin; a metric per arm: `estimate_<arm>`, "
        "`ci_lower_<arm>`, ..."
    )


def _persons(record: AnalysisRecord, minimum_persons: int) -> str:
    shown = {
        arm: f"{n:,}" if n >= minimum_persons else f"fewer than {minimum_persons}"
        for arm, n in record.n_per_arm.items()
    }
    if not shown:
        return ""
    return "Persons enrolled: " + "; ".join(f"{a} {n}" for a, n in shown.items()) + "."


def _origin(plan: Plan, record: AnalysisRecord) -> str:
    tables = ", ".join(f"{t.name} v{t.version}" for t in record.tables)
    lines = [
        f"- plan `{plan.name}`, hash `{plan.hash}`",
        f"- data version `{record.data_version}`",
        f"- code version `{record.code_version}`",
        f"- run `{record.run_id}`, inputs `{record.inputs}`",
    ]
    return "\n".join([*lines, f"- tables: {tables}"] if tables else lines)
