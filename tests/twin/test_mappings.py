"""The mappings that read these files: names, columns, and what their SQL says."""

from __future__ import annotations

import re

import pyarrow.parquet as pq
import pytest

from rctspark.config.mapping import read_mapping

NAMES = (
    "uwv_agenda",
    "uwv_office_lists",
    "uwv_payroll",
    "uwv_persons",
    "uwv_services",
    "uwv_ww_spells",
)


@pytest.fixture(scope="module")
def mappings(root):
    return {
        name: read_mapping(root / "conf" / "mappings" / f"{name}.yaml")
        for name in NAMES
    }


def header(path, delimiter):
    if path.suffix == ".parquet":
        return pq.read_schema(path).names
    return path.open(encoding="utf-8").readline().rstrip("\n").split(delimiter)


@pytest.mark.parametrize("name", NAMES)
def test_a_mapping_reads_names_and_columns_of_its_files(mappings, twin, name):
    mapping = mappings[name]
    files = sorted((twin[0] / mapping.folder).glob("SYNTHETIC*"))
    assert files
    for path in files:
        assert re.fullmatch(mapping.file.name, path.name)
        assert re.fullmatch(mapping.file.name, path.name.removeprefix("SYNTHETIC")[1:])
        found = [c.upper() for c in header(path, mapping.file.delimiter)]
        assert found == [c.name for c in mapping.columns]


def test_the_page_of_registers_names_every_column_in_order(mappings, root):
    page = (root / "docs" / "registers.md").read_text(encoding="utf-8")
    for mapping in mappings.values():
        section = page.split(f"## {mapping.folder}/\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
        assert rows == [(c.name, c.type) for c in mapping.columns]


def conformed(spark, mapping, table, rows, period="2012"):
    """Evaluate a feed over rows written as SQL, parsed and translated already."""
    feed = next(feed for feed in mapping.feeds if feed.table == table)
    given = spark.sql(rows).selectExpr("*", f"'{period}' AS _period")
    kept = given.filter(feed.where) if feed.where else given
    return kept.selectExpr(*[f"{sql} AS {name}" for name, sql in feed.columns.items()])


def test_vague_births_are_put_in_the_middle(spark, mappings):
    rows = conformed(
        spark,
        mappings["uwv_persons"],
        "persons",
        """
        SELECT 'male' GESLACHT, jaar GEBOORTEJAAR, maand GEBOORTEMAAND, dag GEBOORTEDAG,
          'cohabiting' LEEFSITUATIE, null OPLEIDINGSNIVEAU, null HERKOMST,
          'J' SPREEKT_NEDERLANDS
        FROM VALUES (1980, 2, 29), (1981, 2, 29), (1980, 5, null), (1980, null, null),
          (null, null, null) AS v(jaar, maand, dag)
        """,
    ).collect()
    assert [(str(r.birth_date), r.birth_precision) for r in rows] == [
        ("1980-02-29", "day"),
        ("1981-02-15", "month"),
        ("1980-05-15", "month"),
        ("1980-07-01", "year"),
        ("None", "unknown"),
    ]
    assert rows[0].traits == {"speaks_dutch": "J"}


def test_the_start_of_a_job_is_capped_before_2013_only(spark, mappings):
    sql = """
        SELECT '1' IKVID, start SDATUMAANVANGIKO, start SDATUMEINDEIKO,
          start SDATUMAANVANGIKV, einde SDATUMEINDEIKV, start SDATUMAANVANGIKVORG,
          1.00 SBASISLOON, 1.00 SBASISUREN, 'permanent' SCONTRACTSOORT,
          1.00 SBAANDAGEN, 1.00 SVOLTIJDDAGEN, 'ordinary' SSOORTBAAN,
          'month' STIJDVAKTYPE
        FROM VALUES (DATE'{year}-01-01', DATE'{year}-01-31'),
          (DATE'{year}-01-02', DATE'{year}-12-31'), (null, null) AS v(start, einde)
    """
    found = {}
    for period in ("2012", "2013", "2014-01"):
        year = period[:4]
        rows = conformed(
            spark, mappings["uwv_payroll"], "payroll", sql.format(year=year), period
        ).collect()
        found[period] = [(r.is_job_start_capped, str(r.job_end_date)) for r in rows]
    none = (False, "None")
    assert found == {
        "2012": [(True, "2012-01-31"), none, none],
        "2013": [(False, "2013-01-31"), none, none],
        "2014-01": [none, none, none],
    }


def test_type_subject_status_and_end_reason_make_the_contact(spark, mappings):
    rows = conformed(
        spark,
        mappings["uwv_agenda"],
        "contacts",
        """
        SELECT nr AFSPRAAKNR, DATE'2012-10-01' DATUM, 'twente' VESTIGING, soort SOORT,
          onderwerp ONDERWERP, status STATUS, einde EINDREDEN, 'authority' INITIATIEF
        FROM VALUES
          (1, 'appointment', 'evaluation_interview', 'held', null),
          (2, 'workshop', 'evaluation_interview', 'held', null),
          (3, 'unknown', 'evaluation_interview', 'held', null),
          (4, null, 'evaluation_interview', 'cancelled', null),
          (5, 'workshop', 'workshop', 'held', 'successful'),
          (6, 'workshop', 'workshop', 'held', 'no_show'),
          (7, 'appointment', 'suitable_work', 'planned', null),
          (8, 'appointment', 'intake', 'held', null)
          AS v(nr, soort, onderwerp, status, einde)
        """,
    ).collect()
    assert [(r.kind, r.status) for r in rows] == [
        ("individual_interview", "held"),
        ("group_interview", "held"),
        ("unclear_interview", "held"),
        ("unclear_interview", "cancelled"),
        ("workshop", "held"),
        ("workshop", "no_show"),
        ("suitable_work_interview", "planned"),
        ("other", "held"),
    ]
    assert len({r.contact_id for r in rows}) == 8


def test_workshops_on_the_services_tab_are_left_to_the_agenda(spark, mappings):
    rows = conformed(
        spark,
        mappings["uwv_services"],
        "contacts",
        """
        SELECT nr DIENSTNR, dienst DIENST, null SUBSOORT, 'M1' MOTIVERING,
          DATE'2012-10-01' DATUM_AANVANG, einde EINDREDEN
        FROM VALUES (1, 'workshop', 'successful'), (2, 'coaching', 'no_show'),
          (3, 'competence_test', null), (4, null, null) AS v(nr, dienst, einde)
        """,
    ).collect()
    # A row whose kind can't be read stays, so that it is rejected and counted.
    assert [(r.kind, r.status) for r in rows] == [
        ("coaching", "no_show"),
        ("competence_test", "held"),
        (None, "held"),
    ]


def test_what_excludes_is_in_the_traits_of_a_spell(spark, mappings):
    row = conformed(
        spark,
        mappings["uwv_ww_spells"],
        "benefit_spells",
        """
        SELECT 'WW' UITKERING, 'twente' VESTIGING, DATE'2012-05-01' AANVANGSDATUM,
          DATE'2012-09-01' EINDDATUM, 'work' BESTEMMING, 'J' IND_WIA35MIN,
          DATE'2012-06-01' NETWERKTRAINING_VANAF, CAST(null AS date) ESF_TRAJECT_VANAF,
          CAST(null AS date) STARTPERIODE_VANAF, 'N' IND_ONTSLAG_MSD,
          CAST(null AS date) DEELHERVATTING_VANAF
        """,
    ).first()
    assert row.traits == {
        "wia_35_minus": "J",
        "network_training_from": "2012-06-01",
        "esf_track_from": None,
        "start_up_from": None,
        "dismissed_by_msd": "N",
        "partial_resumption_from": None,
    }
