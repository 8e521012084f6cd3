"""A plan's results on provisional and on definitive data, figure by figure."""

import pandas as pd
import pytest

from build_panel import build_panel
from build_population import build_population
from compare_versions import compare_versions
from estimate_effects import estimate_effects
from ingest import ingest
from rctspark.errors import DeliveryError, StoreError
from toy import experiment as toy
from toy.place import Place
from toy.vacuum import vacuum

pytestmark = pytest.mark.long

EARLIER, LATER = "2020-03-01", "2020-09-01"
MARCH, MORE = 3, 100


def corrected(line):
    """Add a hundred euro to March, for those who are helped."""
    bsn, job, first, last, wage = line.split(";")
    if f"2019{MARCH:02d}" in first and job.startswith("j") and int(job[1:]) % 2:
        euro, cents = wage.split(",")
        wage = f"{int(euro) + MORE},{cents}"
    return ";".join((bsn, job, first, last, wage))


@pytest.fixture(scope="module")
def place(spark, root, tmp_path_factory):
    """The small experiment with two versions of its payroll, estimated on the first."""
    assert spark is not None
    folder = tmp_path_factory.mktemp("versions")
    place = Place(folder, root)
    mapping = place.root / "conf" / "mappings" / "toy_pay.yaml"
    words = mapping.read_text()
    fixed = r"name: 'pay\.csv', period: '2019', version: V1, delivered_on: 2020-02-01"
    named = r"name: 'pay_(?P<version>V\d)_(?P<delivered_on>\d{8})\.csv', period: '2019'"
    assert fixed in words
    mapping.write_text(words.replace(fixed, named))
    deliveries = toy.deliver(folder / "deliveries")
    first = (deliveries / "pay" / "pay.csv").rename(
        deliveries / "pay" / "pay_V1_20200201.csv"
    )
    head, *rows = first.read_text().splitlines()
    rows = [row if "jx" in row else corrected(row) for row in rows]
    second = deliveries / "pay" / "pay_V2_20200801.csv"
    second.write_text("\n".join([head, *rows]) + "\n")
    assert place.run(ingest, plan="toy", deliveries=deliveries) == 0
    for job in (build_population, build_panel, estimate_effects):
        assert place.run(job, plan="toy") == 0
    return place


@pytest.fixture(scope="module")
def compared(place):
    """The folder of the comparison."""
    code = place.run(compare_versions, "--compare", EARLIER, LATER, plan="toy")
    assert code == 0
    (folder,) = (place.root / "out" / "comparison" / "toy").iterdir()
    return folder


def test_each_figure_says_what_it_was_is_and_what_became_of_it(compared):
    figures = pd.read_csv(compared / "tables" / "figures.csv").set_index("horizon")
    assert figures.loc[MARCH - 1, "change"] == pytest.approx(MORE)
    assert figures.loc[MARCH - 1, "verdict"] == "another number, the same verdict"
    others = figures.drop(index=MARCH - 1)
    assert (others["change"] == 0).all()
    assert set(others["verdict"]) == {"the same"}


def test_changed_months_are_counted_and_added_up_by_arm(compared):
    changes = pd.read_csv(compared / "tables" / "changes.csv", dtype=str)
    helped = changes[(changes["arm"] == "help") & (changes["horizon"] == "2")].iloc[0]
    assert (helped["persons"], helped["changed"]) == ("20", "20")
    assert (helped["sum_of_change"], helped["mean_change"]) == ("2000", "100")
    rest = changes.drop(index=helped.name)
    assert set(rest["changed"]) == {"0"}


def test_persons_of_whom_any_month_changed_are_counted(compared):
    (row,) = pd.read_csv(compared / "tables" / "persons.csv", dtype=str).to_dict(
        "records"
    )
    assert (row["persons"], row["changed"], row["values_changed"]) == ("40", "20", "20")


def test_the_page_names_both_versions_and_what_was_delivered_between(compared):
    page = (compared / "index.html").read_text()
    for name in compared.name.split("--"):
        assert name in page
    assert "V2" in page


def test_versions_are_found_again_by_their_names_and_nothing_is_made_twice(
    place, compared
):
    before = place.versions("experiments/toy")
    names = compared.name.split("--")
    assert place.run(compare_versions, "--compare", *names, plan="toy") == 0
    assert place.versions("experiments/toy") == before
    assert not any("making the results" in said for said in place.last_log())


def test_a_name_that_no_data_version_has_lists_those_there_are(place, compared):
    code = place.run(compare_versions, "--compare", "known-then", LATER, plan="toy")
    assert code == DeliveryError.exit_code
    assert compared.name.split("--")[0] in place.last_log()[-1]


def test_results_that_were_vacuumed_say_which_table_and_what_to_do(
    place, compared, spark
):
    vacuum(spark, place.lake / "experiments" / "toy" / "effects")
    names = compared.name.split("--")
    code = place.run(compare_versions, "--compare", *names, plan="toy")
    assert code == StoreError.exit_code
    said = place.last_log()[-1]
    assert "experiments/toy/effects can't be read at version 0" in said
    assert f"make data version {names[0]} again with --rebuild" in said
