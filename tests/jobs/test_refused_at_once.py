"""Deliveries that can't be read are refused before Spark is started."""

import pytest

from ingest import ingest
from rctspark.errors import DeliveryError
from rctspark.sources.delivered import find_deliveries
from toy import experiment as toy
from toy.place import Place


@pytest.fixture
def place(tmp_path, root):
    return Place(tmp_path, root)


def test_all_faults_of_a_delivery_are_told_before_spark_is_started(place, tmp_path):
    deliveries = toy.deliver(tmp_path / "deliveries")
    pay = deliveries / "pay" / "pay.csv"
    pay.write_text(pay.read_text().replace(";", ","))
    claims = deliveries / "claims" / "claims.csv"
    claims.write_text(claims.read_text().replace("ARM", "GROUP", 1))
    (deliveries / "links" / "links.csv").write_text("")
    code = place.run(ingest, plan="toy", deliveries=deliveries, look=find_deliveries)
    assert code == DeliveryError.exit_code
    said = place.last_log()
    assert "Spark is up" not in said
    for words in (
        "3 fault(s) in the delivered files",
        "claims/claims.csv: column(s) missing: ARM",
        "pay/pay.csv: the delimiter is ',', not ';'",
        "links/links.csv: the file is empty",
    ):
        assert words in said[-1]


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_that_is_not_there_has_the_code_of_a_file_that_is_not_there(
    place, tmp_path, named
):
    deliveries = tmp_path / "nowhere" if named else None
    code = place.run(ingest, plan="toy", deliveries=deliveries, look=find_deliveries)
    assert code == DeliveryError.exit_code
    said = place.last_log()
    assert "Spark is up" not in said
    assert "Name the folder of deliveries with --deliveries" in said[-1]
