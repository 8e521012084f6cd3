"""Statuses on the day of enrolment."""

from rctspark.sample.statuses import attach_statuses


def test_the_status_that_began_last_and_holds_on_the_day_stands(draw):
    persons = draw("""
        persons
        person_id | sex
        ann       | female
        bob       | male
        cor       | male
    """)
    population = draw("""
        population
        person_id | is_enrolled | origin_date | enrolment_date
        ann       | true        | 2018-05-01  | 2018-05-04
        bob       | false       | 2018-05-01  | -
        cor       | true        | 2018-05-01  | 2018-05-04
    """)
    statuses = draw("""
        statuses
        person_id | subject     | value | start_date | end_date
        ann       | arrangement | 1     | 2016-01-01 | 2018-05-03
        ann       | arrangement | 2     | 2018-05-04 | -
        ann       | arrangement | 3     | 2018-05-05 | -
        ann       | education   | low   | 2016-10-01 | -
        ann       | education   | high  | 2017-10-01 | -
        bob       | arrangement | 4     | 2016-01-01 | 2018-05-01
    """)
    rows = attach_statuses(persons, statuses, population=population).collect()
    told = {row["sex"]: row["statuses"] for row in rows if row["statuses"]}
    assert told == {
        "female": {"arrangement": "2", "education": "high"},
        "male": {"arrangement": "4"},
    }
    assert len(rows) == 3
