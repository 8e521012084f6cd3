"""Which deliveries stand for a data version."""

import datetime as dt

import pytest

from rctspark.contracts.versions import Delivery, as_known_on
from rctspark.errors import DeliveryError

LATER = dt.date(2015, 1, 1)


def delivered(period, version, day, *, register="payroll", mapping="pay", until=None):
    year, month = int(period[:4]), int(period[5:7] or 0)
    return Delivery(
        delivery_id=f"{register} {mapping} {period} {version}",
        register=register,
        mapping=mapping,
        period=period,
        version=version,
        delivered_on=dt.date.fromisoformat(day),
        identifier_kind="bsn",
        covers_from=dt.date(year, month or 1, 1),
        covers_to=until or dt.date(year, month or 12, 28),
    )


def standing(*deliveries, day=LATER):
    return {(d.period, d.version) for d in as_known_on(deliveries, day).deliveries}


def test_of_two_versions_the_later_delivered_stands():
    first = delivered("2013", "V2", "2014-02-01")
    second = delivered("2013", "V1", "2014-03-01")
    assert standing(second, first) == {("2013", "V1")}
    assert standing(second, first, day=dt.date(2014, 2, 28)) == {("2013", "V2")}


@pytest.mark.parametrize(
    ("older", "newer"), [("V9", "V10"), ("V2", "V109"), ("V09", "V10"), ("a", "b")]
)
def test_of_two_versions_of_one_day_the_higher_number_stands(older, newer):
    both = [delivered("2013", v, "2014-02-01") for v in (newer, older)]
    assert standing(*both) == {("2013", newer)}


def test_a_year_replaces_the_months_that_came_before_it():
    months = [delivered(f"2013-{m:02}", "V1", f"2013-{m + 1:02}-05") for m in (1, 2, 3)]
    year = delivered("2013", "V1", "2014-02-01")
    other = delivered("2013-01", "V1", "2013-02-05", register="contacts")
    found = standing(year, *months, other)
    assert found == {("2013", "V1"), ("2013-01", "V1")}
    assert standing(year, *months, day=dt.date(2013, 3, 31)) == {
        ("2013-01", "V1"),
        ("2013-02", "V1"),
    }


def test_another_source_of_the_register_stands_beside_it():
    month = delivered("2013-01", "V1", "2013-02-05", mapping="self_employed")
    year = delivered("2013", "V1", "2014-02-01")
    assert len(standing(month, year)) == 2


def test_a_month_after_a_year_that_ended_before_it_stands_beside_it():
    year = delivered("2013", "V1", "2013-07-05", until=dt.date(2013, 6, 30))
    month = delivered("2013-07", "V1", "2013-08-05")
    assert standing(year, month) == {("2013", "V1"), ("2013-07", "V1")}


@pytest.mark.parametrize("day", ["2014-03-01", "2014-02-01"])
def test_a_month_that_is_not_older_than_its_year_is_refused(day):
    year = delivered("2013", "V1", "2014-02-01")
    months = [delivered(f"2013-{m:02}", "V2", day) for m in (1, 2)]
    with pytest.raises(DeliveryError, match="2 deliveries are part of one") as said:
        as_known_on([*months, year], LATER)
    assert f"payroll 2013-02 V2, delivered on {day}" in str(said.value)
