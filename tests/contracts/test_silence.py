"""Days that no file speaks for, and months that a file speaks for in vain."""

import datetime as dt

import pytest

from rctspark.contracts.silence import (
    HeldMonths,
    find_silences,
    require_full_months,
)
from rctspark.contracts.versions import Delivery, name_version
from rctspark.errors import DeliveryError
from rctspark.periods import Coverage, Days

UNTIL = dt.date(2013, 12, 31)


def month(number):
    return dt.date(2013, number, 1)


def delivery(file_name, first, last, *, mapping="pay"):
    return Delivery(
        delivery_id=file_name,
        register="payroll",
        mapping=mapping,
        period=f"{first}",
        version="V1",
        delivered_on=dt.date(2014, 2, 1),
        identifier_kind="bsn",
        covers_from=first,
        covers_to=last,
        file_name=file_name,
    )


def version(*deliveries):
    return name_version(deliveries, dt.date(2014, 2, 1))


FIRST = delivery("pay/2012.csv", dt.date(2012, 1, 1), dt.date(2012, 12, 31))
SPRING = delivery("pay/spring.csv", dt.date(2013, 1, 1), dt.date(2013, 4, 30))
AUTUMN = delivery("pay/autumn.csv", dt.date(2013, 9, 1), dt.date(2013, 12, 31))


def test_a_register_that_ends_early_is_told_with_its_last_file():
    (told,) = find_silences(version(FIRST, SPRING), ["payroll"], until=UNTIL)
    assert (told.first, told.last) == (dt.date(2013, 5, 1), UNTIL)
    assert told.words == (
        "payroll is known until 2013-04-30, and the plan follows until 2013-12-31: of "
        "pay, the last file is pay/spring.csv"
    )


def test_months_missing_in_the_middle_are_told_with_the_files_around_them():
    known = version(FIRST, SPRING, AUTUMN)
    (told,) = find_silences(known, ["payroll"], until=UNTIL)
    assert told.words == (
        "payroll says nothing of 2013-05-01 to 2013-08-31: no file of pay speaks for "
        "it, between pay/spring.csv and pay/autumn.csv"
    )
    assert find_silences(known, ["payroll"], until=dt.date(2013, 4, 30)) == ()
    assert find_silences(known, ["contacts"], until=UNTIL) == ()


def test_of_two_sources_the_one_that_is_silent_is_named():
    own = delivery("own/all.csv", dt.date(2012, 1, 1), UNTIL, mapping="own")
    (told,) = find_silences(version(FIRST, SPRING, own), ["payroll"], until=UNTIL)
    assert told.source == "pay"


def held(file, *months, rows=100):
    return [HeldMonths(file.delivery_id, month(m), month(m), rows) for m in months]


def test_a_month_without_any_row_in_a_file_that_speaks_for_it_stops_the_job():
    rows = [*held(SPRING, 1, 2, 4), *held(AUTUMN, 9, 11, 12)]
    with pytest.raises(DeliveryError) as told:
        require_full_months(
            version(SPRING, AUTUMN), "payroll", rows, until=UNTIL, not_known={}
        )
    words = str(told.value)
    assert "pay: no row of 2013-03, 2013-10, among 600 rows" in words
    assert "pay/autumn.csv, pay/spring.csv should hold them" in words
    assert "registers.not_known" in words


def test_months_that_the_plan_says_are_not_known_stop_nothing():
    gone = {"payroll": [month(3), month(10)]}
    rows = [*held(SPRING, 1, 2, 4), *held(AUTUMN, 9, 11, 12)]
    require_full_months(
        version(SPRING, AUTUMN), "payroll", rows, until=UNTIL, not_known=gone
    )


def test_a_row_over_several_months_lies_in_all_of_them():
    rows = [HeldMonths(SPRING.delivery_id, month(1), month(4), 1)]
    require_full_months(version(SPRING), "payroll", rows, until=UNTIL, not_known={})


def test_months_that_no_file_speaks_for_are_not_asked_about():
    rows = [*held(SPRING, 1, 2, 3, 4), *held(AUTUMN, 9, 10, 11, 12)]
    require_full_months(
        version(SPRING, AUTUMN), "payroll", rows, until=UNTIL, not_known={}
    )


def test_a_register_without_a_row_is_refused():
    with pytest.raises(DeliveryError, match="no row of any month, among 0 rows"):
        require_full_months(version(SPRING), "payroll", [], until=UNTIL, not_known={})


def test_days_are_taken_out_of_what_is_covered():
    covered = Coverage.of([Days(month(1), UNTIL)])
    march = Days(month(3), dt.date(2013, 3, 31))
    assert covered.without(march) == Coverage(
        (Days(month(1), dt.date(2013, 2, 28)), Days(month(4), UNTIL))
    )
    assert covered.without(Days(dt.date(2012, 1, 1), UNTIL)) == Coverage(())
    assert covered.without(Days(month(1), month(1))).stretches[0].first.day == 2
