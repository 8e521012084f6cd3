"""Deliveries with faults through the jobs: counted, told with their file, never zero."""

import pytest
from deltalake import DeltaTable

from build_panel import build_panel
from build_population import build_population
from ingest import ingest
from rctspark.errors import DeliveryError, PlanError
from rctspark.sources.aside import OVERRULED
from rctspark.sources.repeated import CONFLICT
from toy import experiment as toy
from toy.place import Place
from traces import delivered_in, traces_in
from write_quality_site import write_quality_site

pytestmark = pytest.mark.long

BACKWARDS = "this does not hold: a spell ends on or after it starts"
GONE = "201903"
TOLD = (".log", ".json", ".html")


def spoil(folder):
    """Two arms for c1, an exit of c3 before its start, an arm that nobody knows."""
    claims = folder / "claims" / "claims.csv"
    lines = claims.read_text().replace("c9;help;", "c9;double;")
    lines += "c1;control;20190110;20191231\n"
    lines += "c3;help;20190110;20181231\n"
    claims.write_text(lines)
    pay = folder / "pay" / "pay.csv"
    kept = [line for line in pay.read_text().splitlines() if f";{GONE}01;" not in line]
    pay.write_text("\n".join(kept) + "\n")
    return folder


@pytest.fixture(scope="module")
def place(spark, root, tmp_path_factory):
    assert spark is not None
    folder = tmp_path_factory.mktemp("bad")
    place = Place(folder, root)
    place.deliveries = spoil(toy.deliver(folder / "deliveries"))
    assert place.run(ingest, plan="toy", deliveries=place.deliveries) == 0
    return place


def test_a_register_whose_folder_is_empty_stops_the_job_before_anything_is_read(place):
    links = place.deliveries / "links" / "links.csv"
    away = links.rename(place.deliveries / "links.away")
    code = place.run(ingest, plan="toy", deliveries=place.deliveries)
    away.rename(links)
    assert code == DeliveryError.exit_code
    assert "links/ holds no file for toy_links" in place.last_log()[-1]


def test_rows_that_contradict_are_set_aside_by_file_with_their_reason(place):
    rejected = place.read("registers/toy/rejected_rows")
    counts = rejected.groupby(["register", "reason"])["n_rows"].sum()
    assert counts["assignment_lists", CONFLICT] == 2
    assert counts["benefit_spells", BACKWARDS] == 1
    deliveries = place.read("registers/toy/deliveries")
    assert (
        deliveries["rows_read"] == deliveries["rows_kept"] + deliveries["rows_rejected"]
    ).all()
    assert not any("c1" in cells for cells in rejected["cells"])
    halves = [row for row in set_aside(place) if row["reason"] == CONFLICT]
    assert len({row["cells"] for row in halves}) == 2
    assert len({row["person_id"] for row in halves} - {None}) == 1


def set_aside(place):
    table = DeltaTable(place.lake / "registers" / "toy" / "rejected_rows")
    return table.to_pyarrow_table().to_pylist()


def test_an_arm_that_the_plan_does_not_know_stops_the_job_with_file_and_count(place):
    assert place.run(build_population, plan="toy") == PlanError.exit_code
    said = place.last_log()[-1]
    assert "1 enrolled person(s) are in an arm that the plan does not know" in said
    assert "claims/claims.csv" in said
    assert not (place.lake / "experiments" / "toy" / "population").exists()
    path = place.root / "conf" / "experiments" / "toy.yaml"
    path.write_text(path.read_text().replace("[help]", "[help, double]"))
    assert place.run(build_population, plan="toy") == 0
    # c1 stands on the list in two arms, and is in none.
    arms = place.read("experiments/toy/assignment")["arm"].value_counts()
    assert dict(arms) == {"control": 20, "help": 18, "double": 1}


def test_a_month_missing_from_payroll_stops_the_job_and_is_null_once_it_is_known(place):
    assert place.run(build_panel, plan="toy") == DeliveryError.exit_code
    said = place.last_log()[-1]
    assert "no row of 2019-03, among 331 rows; pay/pay.csv should hold them" in said
    place.change(
        "toy", "links: true", "links: true, not_known: {payroll: [2019-03-01]}"
    )
    for job in (build_population, build_panel):
        assert place.run(job, plan="toy") == 0
    panel = place.read("experiments/toy/person_month")
    wages = panel.set_index("horizon")["wage_eur"]
    assert wages.get(2) is None or wages[[2]].isna().all()
    paid = [c for c in range(toy.PERSONS) if c != 1]
    for horizon in (0, 1, 3, 4, 5):
        expected = sum(toy.wage_cents(c, horizon + 1) for c in paid) / 100
        assert float(wages[[horizon]].sum()) == pytest.approx(expected, abs=1e-9)


def test_the_quality_site_tells_an_auditor_of_all_of_it(place):
    assert place.run(write_quality_site, plan="toy") == 0
    page = (place.root / "out" / "quality" / "index.html").read_text()
    for words in (CONFLICT, BACKWARDS, "no gap until the end of follow-up"):
        assert words in page
    assert "reasons do not add up" not in page
    assert OVERRULED not in page


def test_pseudonyms_of_rows_set_aside_are_on_no_page_and_in_no_log(place):
    people = {str(row["person_id"]) for row in set_aside(place)} - {"None"}
    assert people
    texts = [p for p in (place.root / "out").rglob("*") if p.suffix in TOLD]
    outside = [p for p in texts if place.lake not in p.parents]
    assert {p.suffix for p in outside} >= {".log", ".html"}
    assert not [p for p in outside if any(one in p.read_text() for one in people)]


def test_no_citizen_service_number_is_left_by_jobs_that_stopped(place):
    identifiers = delivered_in(place.deliveries)
    assert len(identifiers) > toy.PERSONS
    assert traces_in(place.root / "out", identifiers) == []
