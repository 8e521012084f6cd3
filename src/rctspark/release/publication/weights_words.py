"""What a reader must know of effects on weighted persons, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.contracts.descriptives import EFFECTIVE_N, EVERY, TARGET, WEIGHTED
from rctspark.release.labels import lower
from rctspark.release.numerals import persons
from rctspark.release.publication.weights import LARGEST, PERSONS, reweighting_of

if TYPE_CHECKING:
    from rctspark.config.plan import WeightedEffectsTable, WeightsTable
    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable

INTRO = {
    "en": "The effects so far are of those who took part. Here the same persons are "
    "weighted, so that together they are like everyone of the target population in the "
    "characteristics below. What is estimated is then the effect in the target "
    "population, if persons who are alike in these would gain alike: those who applied "
    "may differ from the others in what no register holds, and weights do not change "
    "that.",
    "nl": "De effecten tot hier gelden voor wie meedeed. Hier zijn dezelfde personen "
    "gewogen, zodat zij samen in de kenmerken hieronder lijken op de hele "
    "doelpopulatie. Geschat wordt dan het effect in de doelpopulatie, als wie in deze "
    "kenmerken gelijk is evenveel baat heeft: aanmelders kunnen van de anderen "
    "verschillen in wat geen register bevat, en gewichten veranderen dat niet.",
}
NOTE = {
    "en": "{n} persons, weighted by {method} to {margins} of the {target} persons of "
    "the target population; these include those weighted, and their shares count as "
    "known. Weighted, they say as much as {effective} persons would without weights; "
    "where the mean of all weights is 1, the largest are {largest} on average.",
    "nl": "{n} personen, gewogen door {method} naar {margins} van de {target} personen "
    "van de doelpopulatie; daartoe behoren ook de gewogen personen, en de aandelen "
    "gelden als bekend. Gewogen zeggen zij evenveel als {effective} personen zonder "
    "gewichten; met 1 als gemiddelde gewicht zijn de grootste gemiddeld {largest}.",
}
METHODS = {
    "en": {"raking": "raking", "entropy": "entropy balancing"},
    "nl": {"raking": "raking", "entropy": "entropiebalancering"},
}
OF_EFFECTS = {
    "en": "Weighted least squares, model: {model}; standard errors {covariance}, which "
    "take the weights as given: that they were found from the same persons is not in "
    "them.",
    "nl": "Gewogen kleinste kwadraten, model: {model}; standaardfouten {covariance}, "
    "die de gewichten als gegeven nemen: dat die bij dezelfde personen gevonden zijn, "
    "zit er niet in.",
}


def weights_note(table: LaidTable, plan: WeightsTable, labels: Labels) -> str:
    """Say how persons were weighted, and how far weights had to go.

    Args:
        table: The table of weights, screened.
        plan: What the plan says of it.
        labels: Words.

    Returns:
        Two sentences; empty where nobody was weighted.
    """
    told = {row.headings["category"]: row.numbers for row in table.rows[-3:]}
    if not told:
        return ""
    one = reweighting_of(plan.of, labels.plan)
    return NOTE[labels.language].format(
        n=persons(told[PERSONS][EVERY]),
        method=METHODS[labels.language][one.method],
        margins=", ".join(lower(labels.of(name)) for name in one.margins),
        target=persons(told[PERSONS][TARGET]),
        effective=persons(told[EFFECTIVE_N][WEIGHTED]),
        largest=told[LARGEST][WEIGHTED],
    )


def weighted_effects_note(plan: WeightedEffectsTable, labels: Labels) -> str:
    """Say what the errors of weighted effects take as given."""
    return OF_EFFECTS[labels.language].format(
        model=lower(labels.of(plan.model)),
        covariance=labels.plan.inference.covariance,
    )
