"""Errors of Spark are named by kind; their text may hold a person's value."""

import pytest

from rctspark.runtime.causes import kind_of, remedy_of

VALUE = "SELECT 123456782"


class Thrown:
    """Stands in for an error of the Java side."""

    def __init__(self, name, cause=None):
        self.name, self.cause = name, cause

    def getClass(self):  # noqa: N802 (Java's own name)
        return self

    def getSimpleName(self):  # noqa: N802
        return self.name

    def getCause(self):  # noqa: N802
        return self.cause


class JavaError(Exception):
    def __init__(self, thrown):
        super().__init__(VALUE)
        self.java_exception = thrown


class NamedError(Exception):
    def getCondition(self):  # noqa: N802
        return "CAST_INVALID_INPUT"


def test_a_condition_of_spark_names_the_error():
    assert kind_of(NamedError(VALUE)) == "CAST_INVALID_INPUT"


def test_an_error_of_the_java_side_is_named_down_to_its_cause():
    deepest = Thrown("TimeoutException")
    thrown = Thrown("SparkException", Thrown("SparkException", deepest))
    told = kind_of(JavaError(thrown))
    assert told == "SparkException, caused by TimeoutException"


def test_any_other_error_is_named_by_its_kind_in_python():
    assert kind_of(ValueError(VALUE)) == "ValueError"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("SparkException", "OutOfMemoryError"), "more (`spark.driver.memory`"),
        (("SparkException", "TimeoutException"), "let fewer runs share it"),
        (("ConcurrentAppendException",), "Another run published"),
        (("SparkException", "DateTimeException"), "an expression in a mapping"),
    ],
)
def test_each_kind_of_error_says_what_to_do(names, words):
    thrown = None
    for name in reversed(names):
        thrown = Thrown(name, thrown)
    told = remedy_of(JavaError(thrown))
    assert words in told
    assert VALUE not in told


def test_a_full_disk_is_told_from_the_rest():
    assert remedy_of(OSError("No space left on device")).startswith("The disk is full")
