"""Effects on persons weighted to the target: what leaves, and how it reads."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from rctspark.config import Thresholds
from rctspark.release.coarsening import whole_populations
from rctspark.release.effect_screening import EffectRules
from rctspark.release.labels import Labels
from rctspark.release.publication.layout import lay_out
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import screen_table
from rctspark.release.publication.sections import SECTIONS
from rctspark.release.publication.shown_as_released import as_released
from rctspark.release.publication.weights import screen_weights, weight_numbers
from rctspark.release.publication.weights_words import (
    INTRO,
    weighted_effects_note,
    weights_note,
)
from rctspark.release.weighted_screening import (
    LARGE_SHARE,
    NOT_WITHOUT,
    OUTWEIGHED,
    screen_all_effects,
)
from release.checked_trial import PLAN as GROUND
from release.checked_trial import plan_with, table_of
from release.sample_records import effect
from release.test_checks import NO_DESIGN, counts, described

TABLES = [
    {
        "name": "weights",
        "kind": "weights",
        "of": "like_target",
        "columns": {
            "what": "characteristic",
            "which": "category",
            "study": "all",
            "target": "target",
            "weighted": "weighted",
            "n": "n",
        },
    },
    {
        "name": "for_target",
        "kind": "weighted_effects",
        "of": "like_target",
        "model": "adjusted",
        "factor": 100,
        "decimals": 1,
        "horizons": [2],
        "columns": {
            "what": "label",
            "month": "horizon",
            "arm": "arm",
            "effect": "effect",
            "se": "se",
            "low": "low",
            "high": "high",
            "p": "p",
            "plain": "effect plain",
            "n": "n arm",
            "n_control": "n against",
        },
        "lines": {"job": "job"},
    },
]
PLAN = plan_with(
    tables=[*GROUND["tables"], *TABLES],
    reweighted=[
        {
            "population": "like_target",
            "of": "all",
            "method": "entropy",
            "margins": ["sex", "pay"],
            "models": ["adjusted", "plain"],
        }
    ],
)
THRESHOLDS = Thresholds()
WEIGHTED = {"like_target": "all"}
RULES = EffectRules(
    THRESHOLDS, yes_no=frozenset({"job"}), adjusted=frozenset({"adjusted"})
)


def weights():
    """What is told of weights, margins and outcomes of those weighted."""
    rows = [
        described("sex", "man", "all", 205, 450),
        described("sex", "man", "target", 500, 1000),
        described("sex", "man", "weighted", 205, 450, total=0.5),
        described("sex", "woman", "all", 245, 450),
        described("sex", "woman", "target", 500, 1000),
        described("sex", "woman", "weighted", 245, 450, total=0.5),
        described("pay", "all", "all", 450, total=4050.0),
        described("pay", "all", "target", 1000, total=9250.0),
        described("pay", "all", "weighted", 450, total=9.25),
        described("weights", "effective_n", "all", 450, total=411.6),
        described("weights", "largest", "all", 450, total=3.7),
        described("weights", "largest_mean", "all", 450, total=2.345),
    ]
    return [replace(row, population="like_target") for row in rows]


def side(**changes):
    own = {"outcome": "job", "horizon": 2, "arm": "more", "against": "usual"}
    numbers = {"n_arm": 150, "n_against": 150, "n_total": 450, "mean_against": 0.4}
    return effect(**own | numbers | changes)


def weighted(**changes):
    own = {"population": "like_target", "estimand": "itt, weighted to the target"}
    return side(**own | {"estimate": 0.0412, "mean_against": 0.45} | changes)


def laid(name, book):
    return lay_out(table_of(PLAN, name), book)


def screened(name, book, shown=()):
    return screen_table(
        laid(name, book),
        book,
        THRESHOLDS,
        design=NO_DESIGN,
        shown=Book(PLAN, shown, ()),
    )


def lines(table):
    return [list(table.line(row).values()) for row in table.rows]


def leaving(*effects, rules=RULES):
    return screen_all_effects(effects, rules, weighted=WEIGHTED)


def test_margins_stand_beside_the_target_and_the_weights_come_last():
    book = Book(PLAN, (), [*counts(), *weights()])
    assert lines(laid("weights", book)) == [
        ["sex", "man", "45.6", "50.0", "50.0", "450"],
        ["sex", "woman", "54.4", "50.0", "50.0", "450"],
        ["pay", "mean", "9.0", "9.2", "9.2", "450"],
        ["weights", "persons", "450", "1000", "", "450"],
        ["weights", "effective_n", "", "", "412", "450"],
        ["weights", "largest_weights", "", "", "2.35", "450"],
    ]


def test_the_largest_weight_of_one_person_stays_inside():
    book = Book(PLAN, (), [*counts(), *weights()])
    assert "3.7" not in str(lines(laid("weights", book)))


def few_women():
    """Counts of the groups with two women in each arm."""
    few = dict.fromkeys(("usual", "more", "less"), (148, 2)) | {"target": (900, 100)}
    return [
        replace(row, persons=few[row.arm][row.category == "woman"])
        if row.subject == "sex" and row.arm in few and row.category in {"man", "woman"}
        else row
        for row in counts()
    ]


def margins(groups=None, plan=PLAN, **changes):
    book = Book(plan, (), [*(groups or counts()), *weights()])
    table = lay_out(table_of(plan, "weights"), book)
    shares = screen_table(
        lay_out(table_of(plan, "groups"), book),
        book,
        THRESHOLDS,
        design=NO_DESIGN,
        shown=Book(plan, (), ()),
    )
    return screen_weights(
        table, table.plan, {"shares": shares} | changes, book, THRESHOLDS
    )


def test_margins_leave_where_tables_show_both_sides():
    assert not any("x" in line for line in lines(margins()))


def test_a_margin_that_rests_on_a_hidden_share_stays_inside():
    found = margins(few_women())
    by_key = {tuple(line[:2]): line[2:] for line in lines(found)}
    assert by_key["sex", "man"] == ["x", "x", "x", "450"]
    assert by_key["pay", "mean"] == ["9.0", "9.2", "9.2", "450"]
    assert by_key["weights", "effective_n"] == ["", "", "412", "450"]
    assert "not shown" in found.legend


def test_margins_that_no_table_shows_stay_inside():
    found = margins(shares=laid("fit", Book(PLAN, (), counts())))
    shown = {line[0] for line in lines(found) if "x" not in line}
    assert shown == {"weights"}


def test_margins_of_others_than_the_tables_describe_stay_inside_and_n_is_rounded():
    narrow = [GROUND["analyses"][0], GROUND["analyses"][1] | {"where": "is_late"}]
    one = PLAN.reweighted[0].model_copy(update={"of": "late"})
    plan = plan_with(analyses=narrow, tables=[*GROUND["tables"], *TABLES])
    plan = plan.model_copy(update={"reweighted": (one,)})
    found = lines(margins(plan=plan))
    assert found[0] == ["sex", "man", "x", "x", "x", "450"]
    assert found[3] == ["weights", "persons", "450", "1000", "", "450"]


def test_weighted_effects_stand_beside_those_without_weights():
    both = [side(model="adjusted"), weighted()]
    found = screened("for_target", Book(PLAN, both, ()), both)
    numbers = ["4.1", "1.0", "1.0", "4.4", "0.008", "2.7", "150", "150"]
    assert lines(found) == [["job", "2", "more", *numbers]]


def test_what_stays_inside_is_hidden_in_the_table():
    both = [side(), weighted()]
    book = Book(PLAN, both, ())
    assert set(lines(screened("for_target", book))[0][3:]) == {"x"}
    (alone,) = lines(screened("for_target", book, [weighted()]))
    assert (alone[3], alone[8]) == ("4.1", "x")


def test_a_weighted_effect_leaves_where_the_same_one_without_weights_does():
    found = leaving(side(), weighted())
    assert [e.population for e in found.kept] == ["all", "like_target"]
    assert not found.withheld


@pytest.mark.parametrize(
    "beside",
    [
        (),
        (side(n_against=9),),
        (side(mean_against=0.02),),
        (side(arm="less"),),
        (side(horizon=1),),
    ],
)
def test_a_weighted_effect_stays_inside_where_the_same_one_without_weights_does(beside):
    found = leaving(*beside, weighted())
    assert "like_target" not in {e.population for e in found.kept}
    assert found.withheld[-1].reason == NOT_WITHOUT


def test_weights_do_not_hide_how_few_have_the_outcome():
    # Three of 150, who with their weights look like forty.
    found = leaving(side(mean_against=0.02), weighted(mean_against=0.27))
    assert not found.kept


def test_a_weighted_effect_is_no_help_in_reading_the_one_without_weights():
    alone = leaving(side())
    beside = leaving(side(), weighted(mean_against=0.01))
    assert beside.kept[0] == alone.kept[0]


def test_one_person_who_weighs_too_much_keeps_a_weighted_effect_inside():
    dominated = frozenset({("like_target", "job", 2, "usual")})
    found = leaving(side(), weighted(), rules=replace(RULES, dominated=dominated))
    assert [w.reason for w in found.withheld] == [OUTWEIGHED]


@pytest.mark.parametrize("means", [(0.93, 0.5), (0.5, 0.93)])
def test_a_share_that_is_veiled_with_or_without_weights_keeps_its_effects_inside(means):
    every = (
        side(mean_against=means[0], n_arm=1500, n_against=1500, estimate=0.01),
        weighted(mean_against=means[1], estimate=0.01),
        weighted(mean_against=means[1], estimate=0.01, model="plain"),
    )
    found = leaving(*every)
    assert "like_target" not in {e.population for e in found.kept}
    exempt = leaving(*every, rules=replace(RULES, are_adjusted_exempt=True))
    own = [e for e in exempt.kept if e.population == "like_target"]
    assert [e.model for e in own] == ["adjusted"]
    assert math.isnan(own[0].mean_against)
    assert [w.reason for w in exempt.withheld if w.model == "plain"] == [LARGE_SHARE]


def test_persons_weighted_from_everyone_enrolled_are_still_everyone():
    assert whole_populations(PLAN) >= {"all", "like_target"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "450 persons, weighted by entropy balancing to sex, pay of the 1,000"),
        ("nl", "450 personen, gewogen door entropiebalancering naar sex, pay van de"),
    ],
)
def test_the_words_say_persons_effective_number_and_largest_weights(language, words):
    labels = Labels(PLAN, language)
    table = laid("weights", Book(PLAN, (), [*counts(), *weights()]))
    told = weights_note(table, table.plan, labels)
    assert told.startswith(words)
    assert "412" in told
    assert "2.35" in told
    errors = weighted_effects_note(table_of(PLAN, "for_target"), labels)
    assert "HC1" in errors or PLAN.inference.covariance in errors
    assert INTRO[language]


def test_the_table_reads_by_characteristic_with_words():
    table = laid("weights", Book(PLAN, (), [*counts(), *weights()]))
    head, groups = as_released(table, Labels(PLAN))
    assert head == ("Which", "Study", "Target", "Weighted", "N")
    assert [group.title for group in groups] == ["Sex", "Pay", "Weights"]
    assert groups[-1].rows[1][0] == "Effective number of persons"
    assert {SECTIONS[kind] for kind in ("weights", "weighted_effects")} == {"weights"}


def test_a_tracked_run_gets_the_numbers_about_weights():
    table = laid("weights", Book(PLAN, (), [*counts(), *weights()]))
    assert weight_numbers([table]) == {
        "effective_n_like_target": 412.0,
        "largest_weights_like_target": 2.35,
    }


def test_where_nobody_was_weighted_there_is_no_row_and_no_word():
    table = laid("weights", Book(PLAN, (), counts()))
    assert lines(table) == []
    assert weights_note(table, table.plan, Labels(PLAN)) == ""
    assert weight_numbers([table]) == {}
