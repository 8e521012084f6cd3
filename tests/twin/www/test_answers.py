"""Answers to the questionnaires, compared by arm without covariates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rctspark.twin.www.questionnaire_files import questionnaire_sheets

SERVICE = ["DIENST1", "DIENST2", "DIENST3"]
EFFICACY = ["ZELF1", "ZELF2", "ZELF3", "ZELF4"]
OTHERS = ["GEZONDHEID", "LEVEN", "ZINVOL", *SERVICE, "DIENSTCIJFER", "RONDKOMEN"]


@pytest.fixture(scope="module")
def waves(world):
    """Answers of the 752 by wave, each person once, with their arm."""
    people = world.people
    arm = {
        f"{number:09d}": place
        for number, place in zip(
            people.number[people.is_study], people.arm[people.is_study], strict=True
        )
    }
    found = {}
    sheets = questionnaire_sheets(world)
    for wave, sheet in zip((0, 8, 16), sheets, strict=True):
        answers = sheet.table.to_pandas().drop_duplicates("RINPERSOON")
        numbers = answers[[*EFFICACY, *OTHERS, "ZOEKTUREN"]].apply(
            pd.to_numeric, errors="coerce"
        )
        numbers["arm"] = answers["RINPERSOON"].map(arm)
        found[wave] = numbers.dropna(subset="arm")
    return found


def t_value(answers, questions, arm):
    """t of an arm against control, of the mean of the questions."""
    mean = answers[questions].mean(axis=1, skipna=False)
    values = [mean[answers["arm"] == a].dropna() for a in (arm, 0)]
    return stats.ttest_ind(*values, equal_var=False).statistic


@pytest.mark.parametrize(
    ("wave", "questions", "arm"),
    [
        (8, SERVICE, 2),
        (8, ["ZOEKTUREN"], 2),
        (8, ["GEZONDHEID"], 2),
        (16, EFFICACY, 1),
        (16, EFFICACY, 2),
    ],
)
def test_arms_answer_higher_where_the_report_says_so(waves, wave, questions, arm):
    assert t_value(waves[wave], questions, arm) > 1.65


def test_no_arm_answers_otherwise_in_the_last_wave(waves):
    found = [t_value(waves[16], [q], arm) for q in OTHERS for arm in (1, 2, 3)]
    assert np.abs(found).max() < 1.65
    assert np.abs(found).max() > 0.2
