"""Buckets of tokens: how often a key may ask, for any sequence of requests."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs ragqa[serve]")

from hypothesis import example, given
from hypothesis import strategies as st

from ragqa.convert import Misfit
from ragqa.serve.problems import Refused
from ragqa.serve.rates import Rate, Rates, parse_rate


@pytest.mark.parametrize(
    "text", ["", "60", "60/", "/m", "0/m", "-1/m", "6.5/m", "60/w", "60/ m", "٣/m", "1" * 8 + "/s"]
)
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(Misfit, match="such as 10/s"):
        parse_rate(text)


def test_a_rate_is_read_and_told() -> None:
    assert parse_rate("60/m") == Rate(60, "m") and parse_rate("60/m").per_second == 1
    assert str(parse_rate("1000/h")) == "1,000 requests an hour"


def passes(rates: Rates, key: str, rate: Rate) -> int:
    """0 if a request is let through, else after how many seconds to come back."""
    try:
        rates.take(key, rate)
    except Refused as refused:
        assert refused.status == 429
        return int(refused.headers["Retry-After"])
    return 0


@example(1, "m", [4.42676605344659])  # waits as told, and a rounding error short of a token
@given(st.integers(1, 20), st.sampled_from("sm"), st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_the_rate_and_never_less_when_one_waits_as_told(
    count: int, unit: str, pauses: list[float]
) -> None:
    rate, now = Rate(count, unit), [0.0]
    rates = Rates(lambda: now[0])
    passed = []
    for pause in pauses:
        now[0] += pause
        if not passes(rates, "a", rate):
            passed.append(now[0])
    for first in range(len(passed)):  # of any stretch of time
        for last in range(first, len(passed)):
            most = count + (passed[last] - passed[first]) * rate.per_second
            assert last - first + 1 <= most + 1e-6
    seconds = passes(rates, "a", rate)
    if seconds:
        now[0] += seconds
        assert not passes(rates, "a", rate)


def test_keys_do_not_share_and_debts_are_paid() -> None:
    now = [0.0]
    rates, rate = Rates(lambda: now[0]), Rate(2, "s")
    assert not passes(rates, "a", rate)
    rates.owe("a", 5)  # a batch
    assert passes(rates, "a", rate) == 3 and not passes(rates, "b", rate)
    now[0] = 2.4
    assert passes(rates, "a", rate) == 1
    now[0] = 2.5
    assert not passes(rates, "a", rate)
    rates.owe("", 3)  # no key at all
    now[0] = 100.0
    assert [passes(rates, "a", rate) for _ in range(3)] == [0, 0, 1], "what is not used is not saved up"
