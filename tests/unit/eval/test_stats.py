"""Intervals and tests, against scipy and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from ragqa.eval.stats import bootstrap, bootstrap_means, holm, paired_interval, randomization_test


def test_bootstrap_means_agree_with_scipy():
    stats = pytest.importorskip("scipy.stats", reason="needs ragqa[train]")
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    (figure,) = bootstrap_means(values.reshape(-1, 1), samples=4000)
    expected = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    assert figure.value == pytest.approx(values.mean())
    assert (figure.low, figure.high) == pytest.approx((expected.low, expected.high), abs=0.02)


def test_columns_that_do_not_apply():
    values = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    one, other, none = bootstrap_means(values, samples=200)
    assert (one.value, one.n) == (2.0, 2)
    assert (other.value, other.low, other.high, other.n) == (5.0, 5.0, 5.0, 1)
    assert none.n == 0 and np.isnan(none.value)


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


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
