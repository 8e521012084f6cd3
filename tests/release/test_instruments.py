"""What may leave of how well assignment carries an effect of what was received."""

import pytest

from rctspark.config import Thresholds
from rctspark.release.instruments import instrument_table, screen_instruments
from rctspark.release.labels import Labels
from release.sample_records import effect, two_arms


@pytest.fixture(scope="module")
def plan(root):
    return two_arms(root).plan


def of_receipt(**changes):
    return effect(
        **{
            "estimand": "att",
            "model": "iv_any_interview",
            "population": "with_an_interview",
            "std_error": 0.0102,
            "first_stage_f": 1234.567,
            "effective_f": 1234.567,
            "weak_below": 23.10853,
            "wu_hausman_p": 0.123456789,
            "ar_kind": "bounded",
            "ar_lower": 0.010203040506,
            "ar_upper": 0.043803040506,
            "receipt_n_behind": 300,
        }
        | changes
    )


def table(effects, plan):
    screened = screen_instruments(effects, plan, Thresholds())
    assert {e.receipt_n_behind for e in screened} <= {None}
    return instrument_table(screened, Labels(plan)).astype(object)


def test_three_digits_of_f_and_the_digits_of_the_effect_leave(plan):
    found = table([effect(), of_receipt()], plan)
    assert len(found) == 1
    (row,) = found.to_dict("records")
    assert (row["first_stage_f"], row["weak_below"]) == (1230, 23.1)
    assert (row["ar_lower"], row["ar_upper"]) == (0.0102, 0.0438)
    assert row["wu_hausman_p"] == 0.123457
    assert row["is_weak"] is False
    assert (row["n_arm"], row["n_against"]) == (4620, 4617)


def test_few_who_received_keep_it_inside_and_that_is_marked(plan):
    found = table([of_receipt(receipt_n_behind=9)], plan)
    (row,) = found.to_dict("records")
    assert row["ar_kind"] == "x"
    hidden = ["first_stage_f", "effective_f", "weak_below", "wu_hausman_p"]
    assert found[[*hidden, "ar_lower", "ar_upper", "is_weak"]].isna().all(axis=None)


def test_of_a_part_two_digits_leave(plan):
    found = table([of_receipt(population="male")], plan)
    assert found.loc[0, "first_stage_f"] == 1200
    assert (found.loc[0, "ar_lower"], found.loc[0, "ar_upper"]) == (0.01, 0.044)


def test_weak_is_said_and_not_judged_stays_empty(plan):
    weak = of_receipt(first_stage_f=8.0, effective_f=8.0, ar_lower=float("-inf"))
    several = of_receipt(weak_below=None)
    found = table([weak, several], plan)
    assert found["is_weak"].tolist() == [True, None]
    assert found.loc[0, "ar_lower"] == float("-inf")
