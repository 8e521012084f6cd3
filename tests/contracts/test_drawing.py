def test_a_drawing_has_the_types_of_its_contract(draw):
    spells = draw("""
        benefit_spells
        person_id | benefit | start_date | end_date   | traits
        ----------+---------+------------+------------+--------
        ann       | WW      | 2012-01-31 | 2012-03-01 | {wia=J}
        bob       | WW      | 2012-02-29 | -          | {}
    """)
    from rctspark.contracts import BENEFIT_SPELLS

    assert dict(spells.dtypes) == {c.name: c.type for c in BENEFIT_SPELLS.columns}
    first, second = spells.orderBy("start_date").collect()
    assert first["traits"] == {"wia": "J"}
    assert second["end_date"] is None
    assert second["person_id"] != first["person_id"]
