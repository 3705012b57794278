"""Intervals and tests, against scipy and by simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.eval.measure import stats as module
from ragqa.eval.measure.stats import Figure, bootstrap, bootstrap_means, holm, paired_interval, randomization_test

DIFFERENCES = st.lists(st.sampled_from([-100.0, -100 / 3, -0.1, 0.0, 0.1, 0.2, 0.3, 100 / 3, 100.0]), max_size=9)


def test_bootstrap_means_agree_with_scipy():
    stats = pytest.importorskip("scipy.stats", reason="needs ragqa[train]")
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    (figure,) = bootstrap_means(values.reshape(-1, 1), samples=4000)
    expected = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    assert figure.value == pytest.approx(values.mean())
    assert (figure.low, figure.high) == pytest.approx((expected.low, expected.high), abs=0.02)


def test_intervals_follow_from_values_and_seed():
    values = np.random.default_rng(3).random((500, 1))
    (figure,) = bootstrap_means(values)
    around = 1.96 * values.std() / 500**0.5
    assert (figure.low, figure.high) == pytest.approx((values.mean() - around, values.mean() + around), abs=0.004)
    assert [figure] == bootstrap_means(values) != bootstrap_means(values, seed=1)
    (none,) = bootstrap_means(np.empty((0, 1)))
    assert none.n == 0 and np.isnan([none.value, none.low, none.high]).all()


def test_columns_that_do_not_apply():
    values = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    one, other, none = bootstrap_means(values, samples=200)
    assert (one.value, one.n) == (2.0, 2)
    assert (other.value, other.low, other.high, other.n) == (5.0, 5.0, 5.0, 1)
    assert none.n == 0 and np.isnan(none.value)


def test_columns_share_the_questions_drawn():
    """So a column and its double, and a column and what is left of 1, have intervals to match."""
    values = np.random.default_rng(5).random(80)
    one, double, rest = bootstrap_means(np.stack([values, 2 * values, 1 - values], axis=1), samples=300)
    assert (double.low, double.high) == pytest.approx((2 * one.low, 2 * one.high))
    assert (rest.low, rest.high) == pytest.approx((1 - one.high, 1 - one.low))


def test_a_column_with_gaps_is_that_of_the_questions_it_has():
    values = np.random.default_rng(6).normal(size=300)
    sparse = np.full((900, 1), np.nan)
    sparse[::3, 0] = values
    (figure,), (alone,) = bootstrap_means(sparse, samples=3000), bootstrap_means(values.reshape(-1, 1), samples=3000)
    assert (figure.value, figure.n) == (pytest.approx(alone.value), alone.n)
    assert (figure.low, figure.high) == pytest.approx((alone.low, alone.high), abs=0.015)


def test_the_same_seed_gives_the_same_however_much_is_held_at_once(monkeypatch):
    values = np.random.default_rng(7).random((50, 2))
    differences = values[:, 0] - values[:, 1]
    whole = bootstrap_means(values, samples=200, seed=3)
    p = randomization_test(differences, samples=500, seed=3)
    assert whole == bootstrap_means(values, samples=200, seed=3) != bootstrap_means(values, samples=200, seed=4)
    monkeypatch.setattr(module, "_CELLS", 350)  # seven at a time
    for figure, other in zip(whole, bootstrap_means(values, samples=200, seed=3), strict=True):
        assert list(figure.to_dict().values()) == pytest.approx(list(other.to_dict().values()))
    assert randomization_test(differences, samples=500, seed=3) == p


def test_no_question():
    nothing = bootstrap_means(np.empty((0, 2)))
    assert [figure.n for figure in nothing] == [0, 0] and np.isnan([figure.low for figure in nothing]).all()
    assert paired_interval(np.array([])).n == bootstrap(lambda rows: 1.0, 0).n == 0
    assert randomization_test(np.array([])) == 1.0
    assert Figure(1.0, 0.5, 1.5, 3).to_dict() == {"value": 1.0, "low": 0.5, "high": 1.5, "n": 3}


def test_bootstrap_agrees_with_scipy_on_a_median():
    stats = pytest.importorskip("scipy.stats", reason="needs ragqa[train]")
    values = np.random.default_rng(9).normal(10.0, 3.0, 301)
    figure = bootstrap(lambda rows: float(np.median(values[rows])), len(values), samples=3000)
    expected = stats.bootstrap((values,), np.median, n_resamples=3000, method="percentile", rng=1).confidence_interval
    assert (figure.low, figure.high) == pytest.approx((expected.low, expected.high), abs=0.15)


def test_bootstrap_leaves_out_draws_without_a_value():
    values = np.array([np.nan, 1.0])
    figure = bootstrap(lambda rows: float(values[rows].min()), 2)  # NaN where the first is drawn
    assert (figure.low, figure.high, figure.n) == (1.0, 1.0, 0) and np.isnan(figure.value)


def test_bootstrap_of_any_statistic():
    values = np.arange(100.0)
    figure = bootstrap(lambda rows: float(np.median(values[rows])), 100)
    assert figure.value == 49.5 and 35 < figure.low < 49.5 < figure.high < 65


@pytest.mark.parametrize("shift", [0.0, 0.15, 0.6])
def test_randomization_agrees_with_scipy(shift):
    stats = pytest.importorskip("scipy.stats", reason="needs ragqa[train]")
    differences = np.random.default_rng(4).normal(shift, 1.0, 60)
    expected = stats.permutation_test(
        (differences, np.zeros(60)), lambda a, b, axis: np.mean(a - b, axis=axis), permutation_type="samples",
        n_resamples=20_000, vectorized=True, rng=2,
    ).pvalue  # fmt: skip
    assert randomization_test(differences, samples=20_000) == pytest.approx(expected, abs=0.015)


def test_randomization_by_hand():
    assert randomization_test(np.zeros(10)) == 1.0
    assert randomization_test(np.array([np.nan, 0.0])) == 1.0
    # of the 8 ways to sign 1, 1, 1 two are as extreme
    assert randomization_test(np.ones(3), samples=40_000) == pytest.approx(0.25, abs=0.01)


@given(DIFFERENCES)
def test_randomization_against_all_ways_to_sign(differences):
    """The exact p, to which the drawn one must be as near as 4000 draws are; sums that differ by rounding are equal."""
    signs = np.array(list(itertools.product([-1, 1], repeat=len(differences))))
    sums = np.abs(signs @ np.array(differences)) if differences else np.zeros(1)
    exact = float((sums >= abs(sum(differences)) - 1e-9).mean())
    drawn = randomization_test(np.array(differences, float), samples=4000)
    assert drawn == pytest.approx(exact, abs=5 * (0.25 / 4000) ** 0.5)


def test_randomization_counts_only_what_differs():
    differences = np.random.default_rng(10).normal(0.3, 1.0, 40)
    p = randomization_test(differences)
    padded = np.concatenate([differences, np.zeros(500), np.full(20, np.nan)])
    assert randomization_test(padded) == p == randomization_test(-differences)
    assert randomization_test(np.ones(200), samples=999) == 1 / 1000  # never 0


def outcomes(rng, n=10_570, share=0.65):
    return 100.0 * (rng.random(n) < share)


def test_runs_that_differ_by_nothing_are_told_so():
    """Labels of two runs, of equal quality, shuffled question by question: p < 0.05 in at most 7 of 100."""
    rng, quiet = np.random.default_rng(7), 0
    one, other = outcomes(rng), outcomes(rng)
    for seed in range(100):
        swapped = rng.random(len(one)) < 0.5
        differences = np.where(swapped, one - other, other - one)
        quiet += randomization_test(differences, samples=1000, seed=seed) >= 0.05
    assert quiet >= 93


def test_runs_that_differ_by_nothing_are_told_so_on_other_questions_too():
    """Of a question that either run may have right alone, questions drawn anew and labels shuffled 100 times."""
    rng, ps = np.random.default_rng(11), []
    one, other = outcomes(rng, 2000), outcomes(rng, 2000)
    for seed in range(100):
        drawn = rng.integers(0, 2000, 2000)
        signs = rng.choice([-1.0, 1.0], 2000)
        ps.append(randomization_test(signs * (one - other)[drawn], samples=1000, seed=seed))
    assert sum(p >= 0.05 for p in ps) >= 93
    assert 0.35 < np.mean(ps) < 0.65  # nor are they told so too readily


def test_two_points_are_found_at_the_size_of_squad():
    rng = np.random.default_rng(8)
    one = outcomes(rng)
    other = one.copy()
    changed = rng.permutation(len(one))
    wrong, right = changed[one[changed] == 0], changed[one[changed] == 100]
    other[wrong[:500]] = 100.0  # gained 500, lost 289: 2.0 points
    other[right[:289]] = 0.0
    differences = other - one
    assert differences.mean() == pytest.approx(2.0, abs=0.01)
    assert randomization_test(differences) < 0.001
    interval = paired_interval(differences)
    assert 0 < interval.low < 2.0 < interval.high < 3.0


def test_two_points_between_runs_that_err_apart_are_found():
    """The hardest case: what one run gets right says nothing of the other."""
    rng = np.random.default_rng(12)
    found = [
        randomization_test(outcomes(rng, share=0.67) - outcomes(rng, share=0.65), samples=1000, seed=seed) < 0.05
        for seed in range(20)
    ]
    assert sum(found) >= 15  # the power is 0.87 at a standard error of 0.65 points


@given(st.lists(st.floats(0.0, 1.0), max_size=8), st.floats(0.001, 0.5))
def test_holm_rejects_what_stepping_down_rejects(p_values, level):
    adjusted, rejected = holm(p_values), set()
    for step, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        if p_values[place] * (len(p_values) - step) >= level:
            break
        rejected.add(place)
    assert {place for place, value in enumerate(adjusted) if value < level} == rejected
    assert all(own <= value <= 1.0 for own, value in zip(p_values, adjusted, strict=True))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
