"""Span search against brute force over every span of every window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.spans import WindowLogits, decode, logits_of
from ragqa.types import Span


def brute_force(windows, offsets, max_chars):
    """{(start, end): probability} and the null's, straight from the definition."""
    odds: dict[tuple[int, int], float] = {}
    for window in windows:
        for i in range(len(window.start)):
            for j in range(i, len(window.start)):
                first, last = offsets[window.first + i], offsets[window.first + j]
                if first[1] <= first[0] or last[1] <= last[0]:
                    continue
                if i != j and last[1] - first[0] > max_chars:
                    continue
                key = (window.first + i, window.first + j)
                value = float(window.start[i]) + float(window.end[j]) - window.null
                odds[key] = max(odds.get(key, -math.inf), value)
    total = 1.0 + sum(math.exp(value) for value in odds.values())
    return {key: math.exp(value) / total for key, value in odds.items()}, 1.0 / total


@st.composite
def passages(draw):
    tokens = draw(st.integers(1, 12))
    widths = draw(st.lists(st.integers(0, 6), min_size=tokens, max_size=tokens))
    gaps = draw(st.lists(st.integers(0, 2), min_size=tokens, max_size=tokens))
    offsets, at = [], 0
    for width, gap in zip(widths, gaps, strict=True):
        offsets.append((at + gap, at + gap + width))
        at += gap + width
    logit = st.floats(-8, 8, width=32)
    windows = []
    for first in draw(st.lists(st.integers(0, tokens - 1), min_size=1, max_size=3)):
        size = draw(st.integers(1, tokens - first))
        start = draw(st.lists(logit, min_size=size, max_size=size))
        end = draw(st.lists(logit, min_size=size, max_size=size))
        windows.append(
            WindowLogits(first, np.array(start, np.float32), np.array(end, np.float32), draw(st.floats(-8, 8)))
        )
    return windows, np.array(offsets, np.int64), draw(st.integers(1, 30))


@given(passages())
def test_decode_equals_brute_force(case):
    windows, offsets, max_chars = case
    expected, null = brute_force(windows, offsets, max_chars)
    decoded = decode(windows, offsets, max_chars, count=1000)
    assert math.exp(decoded.null) == pytest.approx(null, rel=1e-3, abs=1e-6)
    got = sorted(math.exp(span.score) for span in decoded.spans)
    assert got == pytest.approx(sorted(expected.values()), rel=1e-3, abs=1e-6)
    by_place = {}
    for (i, j), probability in expected.items():
        by_place.setdefault((offsets[i][0], offsets[j][1]), []).append(probability)
    for span in decoded.spans:
        assert any(math.exp(span.score) == pytest.approx(p, rel=1e-3, abs=1e-6) for p in by_place[span.start, span.end])
    assert sum(got) + math.exp(decoded.null) == pytest.approx(1.0, abs=1e-3)


@given(passages(), st.integers(1, 5))
def test_count_keeps_the_best_in_order(case, count):
    windows, offsets, max_chars = case
    everything = decode(windows, offsets, max_chars, count=1000).spans
    best = decode(windows, offsets, max_chars, count=count).spans
    assert best == everything[:count]
    assert all(a.score >= b.score for a, b in zip(everything, everything[1:], strict=False))


def test_hand_worked():
    offsets = np.array([[0, 3], [4, 7]], np.int64)
    window = WindowLogits(0, np.array([math.log(3), 0.0], np.float32), np.array([0.0, math.log(2)], np.float32), 0.0)
    # odds: (0,0) 3·1, (0,1) 3·2, (1,1) 1·2, null 1: total 12
    decoded = decode([window], offsets, 100, 3)
    assert [(s.start, s.end) for s in decoded.spans] == [(0, 7), (0, 3), (4, 7)]
    assert [math.exp(s.score) for s in decoded.spans] == pytest.approx([6 / 12, 3 / 12, 2 / 12], rel=1e-5)
    assert math.exp(decoded.null) == pytest.approx(1 / 12, rel=1e-5)


def test_length_bound_spares_single_tokens():
    offsets = np.array([[0, 50], [51, 53]], np.int64)
    window = WindowLogits(0, np.zeros(2, np.float32), np.zeros(2, np.float32), 0.0)
    assert {(s.start, s.end) for s in decode([window], offsets, 10, 10).spans} == {(0, 50), (51, 53)}


def test_empty_passage_has_no_span_and_certain_null():
    decoded = decode([], np.zeros((0, 2), np.int64), 10, 5)
    assert decoded.spans == [] and decoded.null == 0.0


def test_large_logits_do_not_overflow():
    offsets = np.array([[0, 1], [1, 2]], np.int64)
    window = WindowLogits(0, np.array([500.0, -500.0], np.float32), np.array([500.0, -500.0], np.float32), -900.0)
    decoded = decode([window], offsets, 10, 1)
    assert decoded.spans[0].score == pytest.approx(0.0, abs=1e-5) and decoded.null < -1000


@given(passages())
def test_logits_are_those_of_the_best_window(case):
    """For every span of the decoder, start + end − null is its log-odds against the null option."""
    windows, offsets, max_chars = case
    decoded = decode(windows, offsets, max_chars, count=1000)
    best = {}
    for span in decoded.spans:
        best.setdefault((span.start, span.end), span)  # tokens without width between others repeat a span
    for span in best.values():
        start, end, null = logits_of(windows, offsets, span)
        assert start + end - null == pytest.approx(span.score - decoded.null, abs=1e-4)
        assert any(start in window.start and end in window.end and null == window.null for window in windows)


def test_spans_that_no_window_has_have_no_logits():
    offsets = np.array([[0, 3], [4, 7], [7, 7], [8, 9]], np.int64)
    ones = np.ones(2, np.float32)
    windows = [WindowLogits(0, ones, 2 * ones, 0.5), WindowLogits(2, ones, ones, 0.0)]
    assert logits_of(windows, offsets, Span(0, 7, 0.0)) == (1.0, 2.0, 0.5)
    for start, end in ((0, 9), (0, 2), (1, 3), (7, 9), (4, 3)):
        assert logits_of(windows, offsets, Span(start, end, 0.0)) is None
    assert logits_of([], offsets, Span(0, 3, 0.0)) is None
