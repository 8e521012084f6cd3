"""How much results move: main effects beside their variants, and effects of receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.contracts.results import FIRST_STAGE
from rctspark.release.category_screening import is_of_category
from rctspark.release.drawing import Figure, publication_style, rendered
from rctspark.release.labels import Labels, lower
from rctspark.release.numerals import Scale, fixed, p_text
from rctspark.release.row_plot import PlotRow, plot_rows
from rctspark.release.signs import legend_of, sign_of
from rctspark.release.tables import NOT_SHOWN, effect_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.config import Plan
    from rctspark.config.plan import Model, Sensitivity, Variant
    from rctspark.contracts import Effect
    from rctspark.release.released import Release

PREFIX = "sensitivity-"
Choice = tuple[str, str, str]
"""Population, outcome and model."""


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """The effect of receipt on one outcome, written out, with its first stage.

    Attributes:
        outcome: Outcome and horizon.
        arm: Arm, where the plan has several.
        effect: Effect of having received it, in the outcome's unit.
        signs: Sign of its p-value.
        std_error: Its standard error.
        interval: Its interval.
        p: Its p-value.
        n_arm: Persons of the arm.
        n_against: Persons of control.
        first_stage: Points by which assignment raises the share that received it, or
            that this may not be shown.
        f: F of the instrument; empty where the first stage is not shown.
    """

    outcome: str
    arm: str
    effect: str
    signs: str
    std_error: str
    interval: str
    p: str
    n_arm: str
    n_against: str
    first_stage: str
    f: str


@dataclass(frozen=True, slots=True)
class ReceiptGroup:
    """One model with assignment as instrument.

    Attributes:
        title: Model, and who is analysed.
        rows: By outcome, horizon and arm; none: no effect may leave.
    """

    title: str
    rows: tuple[ReceiptRow, ...]


def sensitivity_figures(release: Release, *, language: str = "en") -> list[Figure]:
    """Draw each main effect of the plan's sensitivity above its variants.

    Args:
        release: What may leave.
        language: Of the labels.

    Returns:
        A figure per main effect of which anything may leave; every number stands in
        it with its n, and what may not be shown says so.
    """
    labels = Labels(release.plan, language)
    effects = {
        (e.population, e.outcome, e.model, e.horizon, e.arm): e
        for e in release.effects
        if e.site == "all" and e.estimand != FIRST_STAGE
    }
    figures = []
    for one in release.plan.sensitivity:
        rows = _rows(one, labels, effects)
        drawn = [row.effect for row in rows if row.effect is not None]
        if drawn:
            figures.append(_figure(one, rows, drawn, labels, release))
    return figures


def _figure(
    one: Sensitivity,
    rows: Sequence[PlotRow],
    drawn: Sequence[Effect],
    labels: Labels,
    release: Release,
) -> Figure:
    name = PREFIX + one.name
    scale = Scale.of(drawn, is_share=labels.outcome(one.outcome).unit == "share")
    with publication_style():
        canvas = plot_rows(rows, labels, scale)
        svg, png = rendered(canvas, name, is_synthetic=release.is_synthetic)
    what = f"{labels.of(one.outcome)}, {labels.horizon(one.outcome, one.horizon)}"
    title = labels.of(one.name) if one.name in labels.plan.labels else what
    unit = labels.units(one.outcome)[0]
    signs = legend_of(labels, (e.population for e in drawn))
    caption = (
        f"{what}: difference from {lower(labels.of(labels.plan.arms.control))}"
        f"{f' in {unit}' if unit else ''}, with {labels.plan.inference.level:.0%} "
        "intervals. The first row, in bold, is the main effect; each other row names "
        f"what is chosen otherwise. {signs} n stands in each row."
    )
    return Figure(name, title, caption, svg, png, effect_table(drawn, labels))


def _rows(
    one: Sensitivity,
    labels: Labels,
    effects: dict[tuple[str, str, str, int, str], Effect],
) -> list[PlotRow]:
    plan = labels.plan
    main = main_choice(one, plan)
    choices = [(main, _main_words(main, labels))] + [
        (choice_of(variant, main), _variant_words(variant, labels))
        for variant in one.variants
    ]
    rows: list[PlotRow] = []
    for arm in plan.arms.treatments:
        if len(plan.arms.treatments) > 1:
            rows.append(PlotRow(labels.of(arm)))
        for place, ((population, outcome, model), words) in enumerate(choices):
            if not _is_compared(arm, population, plan):
                continue
            e = effects.get((population, outcome, model, one.horizon, arm))
            told = NOT_SHOWN if e is None else ""
            sign = sign_of(plan, e.p_value, population) if e is not None else ""
            rows.append(PlotRow(words, e, sign, is_first=place == 0, told=told))
    return rows


def _is_compared(arm: str, population: str, plan: Plan) -> bool:
    """Say whether the analysis of a population has an arm."""
    own = (a.arms for a in plan.analyses if a.population == population)
    return all(not arms or arm in arms for arms in own)


def main_choice(one: Sensitivity, plan: Plan) -> Choice:
    """Return population, outcome and model of a main effect."""
    return (one.population or plan.analyses[0].population, one.outcome, one.model)


def choice_of(variant: Variant, main: Choice) -> Choice:
    """Return population, outcome and model of a variant."""
    population, outcome, model = main
    return (
        variant.population or population,
        variant.outcome or outcome,
        variant.model or model,
    )


def _main_words(main: Choice, labels: Labels) -> str:
    return f"{labels.of(main[0])}, {lower(labels.of(main[2]))}"


def _variant_words(variant: Variant, labels: Labels) -> str:
    given = (variant.population, variant.outcome, variant.model)
    first, *others = [labels.of(name) for name in given if name]
    return ", ".join([first, *(lower(words) for words in others)])


def sensitive_populations(plan: Plan) -> frozenset[str]:
    """Name the populations that are there as variants of a main effect alone."""
    mains = {main_choice(one, plan)[0] for one in plan.sensitivity}
    varied = {v.population for one in plan.sensitivity for v in one.variants}
    return frozenset({name for name in varied if name} - mains)


def receipt_groups(release: Release, labels: Labels) -> list[ReceiptGroup]:
    """Lay out the effects of receipt, assignment being the instrument.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        A group per model and population; without rows where no effect may leave.
    """
    groups = []
    for model in release.plan.models:
        if model.estimator != "iv":
            continue
        for analysis in release.plan.analyses:
            if analysis.models and model.name not in analysis.models:
                continue
            key = (analysis.population, model.name)
            own = [e for e in release.effects if (e.population, e.model) == key]
            whom = labels.of(analysis.population)
            title = f"{labels.of(model.name)} \N{MIDDLE DOT} {whom}"
            rows = tuple(_receipt_rows(own, model, labels))
            groups.append(ReceiptGroup(title, rows))
    return groups


def _receipt_rows(
    effects: Sequence[Effect], model: Model, labels: Labels
) -> Iterable[ReceiptRow]:
    stages = {e.arm: e for e in effects if e.estimand == FIRST_STAGE}
    received = {*model.receipt.values()}
    order = [o.name for o in labels.plan.outcomes]
    arms = labels.plan.arms.all
    shown = [e for e in effects if not is_of_category(e) and e.outcome not in received]
    for e in sorted(
        shown, key=lambda e: (order.index(e.outcome), e.horizon, arms.index(e.arm))
    ):
        is_share = labels.outcome(e.outcome).unit == "share"
        same = [other for other in shown if other.outcome == e.outcome]
        scale = Scale.of(same, is_share=is_share)
        unit = labels.units(e.outcome)[0]
        when = labels.horizon(e.outcome, e.horizon)
        first_stage, f = _first_stage_words(stages.get(e.arm))
        yield ReceiptRow(
            outcome=f"{labels.of(e.outcome)}, {when}{f' ({unit})' if unit else ''}",
            arm=labels.of(e.arm),
            effect=scale.write(e.estimate, sign=True),
            signs=sign_of(labels.plan, e.p_value, e.population),
            std_error=scale.finer.write(e.std_error),
            interval=f"{scale.write(e.ci_lower)} to {scale.write(e.ci_upper)}",
            p=p_text(e.p_value),
            n_arm=fixed(e.n_arm, 0),
            n_against=fixed(e.n_against, 0),
            first_stage=first_stage,
            f=f,
        )


def _first_stage_words(stage: Effect | None) -> tuple[str, str]:
    """Write the points of receipt that assignment brings, and F: the square of t."""
    if stage is None or not stage.std_error > 0:
        return NOT_SHOWN, ""
    f = (stage.estimate / stage.std_error) ** 2
    return fixed(100 * stage.estimate, 1, sign=True), fixed(f, 1)
