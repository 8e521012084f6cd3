"""What changed between two versions, beside a slow count over persons."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rctspark.sample.changes import count_changed_persons, count_moves, sum_changes

VALUES = "person_id bigint, outcome string, horizon int, value double"
ARMS = "person_id bigint, arm string"
NUMBERS = (
    *("persons", "changed", "appeared", "gone"),
    *("total", "absolute", "largest", "second"),
)
VALUE = st.none() | st.integers(-5, 5).map(float)
SIDE = st.dictionaries(
    st.tuples(st.integers(1, 5), st.sampled_from("xy"), st.integers(0, 1)), VALUE
)
ARM_OF = st.dictionaries(st.integers(1, 5), st.sampled_from("ab"))


def one_by_one(before, after, arms_before, arms_after):
    """Add up changes person by person."""
    found = {}
    for key in {*before, *after}:
        person, outcome, horizon = key
        arm = arms_after.get(person, arms_before.get(person))
        if arm is None:
            continue
        one = found.setdefault((outcome, horizon, arm), dict.fromkeys(NUMBERS, 0))
        was, now = before.get(key), after.get(key)
        one["persons"] += 1
        one["appeared"] += was is None and now is not None
        one["gone"] += was is not None and now is None
        if was is not None and now is not None and was != now:
            sizes = sorted([abs(now - was), one["largest"], one["second"]])
            one["second"], one["largest"] = sizes[1:]
            one["changed"] += 1
            one["total"] += now - was
            one["absolute"] += abs(now - was)
    return found


def persons_one_by_one(before, after, arms):
    """Count, outcome by outcome, the persons of whom any value changed."""
    found = {}
    for outcome in {key[1] for key in {*before, *after} if key[0] in arms}:
        keys = {k for k in {*before, *after} if k[1] == outcome and k[0] in arms}
        pairs = [(k[0], before.get(k), after.get(k)) for k in keys]
        differ = [p for p, a, b in pairs if None not in {a, b} and a != b]
        found[outcome] = {
            "persons": len({p for p, _, _ in pairs}),
            "changed": len({*differ}),
            "appeared": len({p for p, a, b in pairs if a is None and b is not None}),
            "gone": len({p for p, a, b in pairs if a is not None and b is None}),
            "values": sum(None not in {a, b} for _, a, b in pairs),
            "values_changed": len(differ),
        }
    return found


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=SIDE, after=SIDE, arms_before=ARM_OF, arms_after=ARM_OF)
def test_spark_adds_up_what_a_count_over_persons_gives(
    spark, before, after, arms_before, arms_after
):
    def values(side):
        return spark.createDataFrame([(*k, v) for k, v in side.items()], VALUES)

    def arms(side):
        return spark.createDataFrame(list(side.items()), ARMS)

    sides = (values(before), values(after))
    both = {"arms_before": arms(arms_before), "arms_after": arms(arms_after)}
    rows = sum_changes(*sides, **both).collect()
    found = {
        (r["outcome"], r["horizon"], r["arm"]): {n: r[n] for n in NUMBERS} for r in rows
    }
    assert found == one_by_one(before, after, arms_before, arms_after)
    overall = {
        r["outcome"]: {n: r[n] for n in r.asDict() if n != "outcome"}
        for r in count_changed_persons(*sides, **both).collect()
    }
    assert overall == persons_one_by_one(before, after, {*arms_before, *arms_after})


def test_who_enters_leaves_or_moves_is_counted_by_arm(spark):
    before = spark.createDataFrame([(1, "a"), (2, "a"), (3, "b")], ARMS)
    after = spark.createDataFrame([(1, "a"), (2, "b"), (4, "b")], ARMS)
    rows = count_moves(before, after).collect()
    assert {(r["arm_from"], r["arm_to"]): r["persons"] for r in rows} == {
        ("a", "a"): 1,
        ("a", "b"): 1,
        ("b", ""): 1,
        ("", "b"): 1,
    }
