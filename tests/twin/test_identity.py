"""Made-up citizen service numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rctspark.errors import ConfigError
from rctspark.twin.ww.identity import (
    draw_bsn_pool,
    failing_bsns,
    passes_11_test,
)


def passes_digit_by_digit(number: int) -> bool:
    digits = [int(d) for d in f"{number:09d}"]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(w * d for w, d in zip(weights, digits, strict=True))
    return number != 0 and total % 11 == 0


@given(st.lists(st.integers(0, 999_999_999), min_size=1, max_size=50))
def test_the_11_test_agrees_with_weighing_digit_by_digit(numbers):
    found = passes_11_test(np.array(numbers, dtype=np.int64))
    assert found.tolist() == [passes_digit_by_digit(n) for n in numbers]


def test_known_numbers_pass_and_all_zeros_do_not():
    numbers = np.array([111222333, 123456782, 123456789, 0])
    assert passes_11_test(numbers).tolist() == [True, True, False, False]


def test_the_faulty_numbers_look_like_bsns_and_are_none():
    texts = failing_bsns(20)
    assert len(set(texts)) == 20
    assert all(len(text) == 9 and text[0] == "9" for text in texts)
    assert not any(passes_digit_by_digit(int(text)) for text in texts)


def test_parts_of_a_twin_share_no_number_and_keep_parity():
    pool = draw_bsn_pool(1, persons=6000)
    shares = [pool.share(part, 1000, 900) for part in range(3)]
    numbers = np.concatenate([n for pair in shares for n in pair])
    assert np.unique(numbers).size == numbers.size == 3 * 1900
    assert passes_11_test(numbers).all()
    assert all((even % 2 == 0).all() and (odd % 2 == 1).all() for even, odd in shares)
    small = numbers < 100_000
    assert small.sum() == 3 * 40
    assert (numbers[~small] >= 900_000_000).all()


def test_a_twin_with_more_persons_than_numbers_is_refused():
    pool = draw_bsn_pool(1, persons=100)
    with pytest.raises(ConfigError, match="scale of at most 100"):
        pool.share(50, 1000, 1000)
