"""Tables of effects as a publication prints them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rctspark.config.plan import PanelOutcome
from rctspark.release.category_screening import is_of_category
from rctspark.release.labels import lower
from rctspark.release.numerals import Scale, fixed, p_text
from rctspark.release.sensitivity import sensitive_populations
from rctspark.release.signs import legend_of, sign_of
from rctspark.release.tables import error_text, headline_effects, main_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.contracts import Effect
    from rctspark.release.labels import Labels
    from rctspark.release.released import Release


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One contrast, written out."""

    when: str
    arm: str
    mean_against: str
    effect: str
    stars: str
    std_error: str
    interval: str
    p: str
    n_arm: str
    n_against: str


@dataclass(frozen=True, slots=True)
class EffectGroup:
    """The rows of one outcome.

    Attributes:
        title: The outcome.
        unit: Unit of effects and standard errors.
        mean_unit: Unit of the control mean, where it is another one.
        model: Models of the rows.
        rows: By horizon, arms in the plan's order.
    """

    title: str
    unit: str
    mean_unit: str
    model: str
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True, slots=True)
class EffectTable:
    """One table.

    Attributes:
        title: Heading.
        groups: Its outcomes.
        outcome: The panel outcome that it is about; empty: those at fixed horizons.
        is_main: Whether it belongs to the page's main text.
        signs: What the signs beside its effects mean.
        is_variant: Whether it belongs to the section on sensitivity: its persons are
            a variant of a main effect's.
    """

    title: str
    groups: tuple[EffectGroup, ...]
    outcome: str
    is_main: bool
    signs: str
    is_variant: bool = False

    @property
    def has_models(self) -> bool:
        """Whether its outcomes have different models."""
        return len({group.model for group in self.groups}) > 1


def effect_tables(release: Release, labels: Labels) -> list[EffectTable]:
    """Lay effects out in tables.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        For each population and site: outcomes with a fixed horizon by their main
        model, each panel outcome by its main model, then the other models. Effects by
        category and effects of receipt have tables of their own.
    """
    plan = release.plan
    panels = [o.name for o in plan.outcomes if isinstance(o, PanelOutcome)]
    others = [o.name for o in plan.outcomes if o.name not in panels]
    of_receipt = {m.name for m in plan.models if m.estimator == "iv"}
    effects = [
        e
        for e in release.effects
        if not is_of_category(e) and e.model not in of_receipt
    ]
    variants = sensitive_populations(plan)
    scopes = dict.fromkeys((e.population, e.site) for e in effects)
    tables = []
    for population, site in scopes:
        own = [e for e in effects if (e.population, e.site) == (population, site)]
        is_first = (population, site) == next(iter(scopes))
        scope = _scope(population, site, labels)
        for outcomes in (others, *([name] for name in panels)):
            subject = outcomes[0] if outcomes and outcomes[0] in panels else ""
            found = _by_model(own, outcomes, subject, scope, labels, is_first=is_first)
            is_variant = population in variants
            tables += [replace(table, is_variant=is_variant) for table in found]
    return [table for table in tables if table.groups]


def headline_table(release: Release, labels: Labels) -> EffectTable:
    """Lay the headline effects out in one table.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        The table; without groups where no headline may be shown.
    """
    heads = headline_effects(release.effects, release.plan)
    groups = [
        _group(name, [e for e in heads if e.outcome == name], labels)
        for name in dict.fromkeys(e.outcome for e in heads)
    ]
    models = dict.fromkeys(lower(labels.of(e.model)) for e in heads)
    title = f"Headline effects \N{MIDDLE DOT} model: {', '.join(models)}"
    signs = legend_of(labels, (e.population for e in heads))
    return EffectTable(title, tuple(groups), "", is_main=True, signs=signs)


def _scope(population: str, site: str, labels: Labels) -> str:
    place = "" if site == "all" else f", {labels.place(site)}"
    return f"{labels.of(population)}{place}"


def _by_model(
    effects: Sequence[Effect],
    outcomes: Sequence[str],
    subject: str,
    scope: str,
    labels: Labels,
    *,
    is_first: bool,
) -> list[EffectTable]:
    plan = labels.plan
    about = labels.of(subject) if subject else "Outcomes at fixed horizons"
    first = {name: main_model(plan, name) for name in outcomes}
    main = [e for e in effects if first.get(e.outcome) == e.model]
    used = ", ".join(lower(labels.of(m)) for m in dict.fromkeys(first.values()))
    title = f"{about} \N{MIDDLE DOT} {scope} \N{MIDDLE DOT} model: "
    signs = legend_of(labels, (e.population for e in effects))
    groups = _groups(main, labels)
    tables = [EffectTable(title + used, groups, subject, is_first, signs)]
    for model in plan.models:
        rest = [
            e
            for e in effects
            if e.model == model.name and first.get(e.outcome, e.model) != e.model
        ]
        named, groups = title + lower(labels.of(model.name)), _groups(rest, labels)
        tables.append(EffectTable(named, groups, subject, is_main=False, signs=signs))
    return tables


def _groups(effects: Iterable[Effect], labels: Labels) -> tuple[EffectGroup, ...]:
    by_outcome: dict[str, list[Effect]] = {}
    for e in effects:
        by_outcome.setdefault(e.outcome, []).append(e)
    order = [o.name for o in labels.plan.outcomes]
    return tuple(
        _group(name, by_outcome[name], labels)
        for name in sorted(by_outcome, key=order.index)
    )


def _group(name: str, effects: Sequence[Effect], labels: Labels) -> EffectGroup:
    arms = labels.plan.arms.all
    unit, mean_unit = labels.units(name)
    scale = Scale.of(effects, is_share=labels.outcome(name).unit == "share")
    ordered = sorted(effects, key=lambda e: (e.horizon, arms.index(e.arm)))
    rows = tuple(_row(e, labels, scale) for e in ordered)
    models = dict.fromkeys(lower(labels.of(e.model)) for e in effects)
    return EffectGroup(
        labels.of(name),
        unit,
        mean_unit if mean_unit != unit else "",
        ", ".join(models),
        rows,
    )


def _row(e: Effect, labels: Labels, scale: Scale) -> EffectRow:
    when = labels.horizon(e.outcome, e.horizon)
    return EffectRow(
        when=when[:1].upper() + when[1:],
        arm=labels.of(e.arm),
        mean_against=scale.write(e.mean_against),
        effect=scale.write(e.estimate, sign=True),
        stars=sign_of(labels.plan, e.p_value, e.population),
        std_error=error_text(e, scale, labels.plan),
        interval=f"{scale.write(e.ci_lower)} to {scale.write(e.ci_upper)}",
        p=p_text(e.p_value),
        n_arm=fixed(e.n_arm, 0),
        n_against=fixed(e.n_against, 0),
    )
