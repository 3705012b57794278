"""Calibration and selective answering, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.eval.measure import confidence

PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=30)


def arrays(pairs):
    return np.array([score for score, _ in pairs]), np.array([right for _, right in pairs], bool)


@given(PAIRS)
def test_auroc_is_the_share_of_pairs(pairs):
    scores, right = arrays(pairs)
    values = [(a > b) + 0.5 * (a == b) for a in scores[right] for b in scores[~right]]
    if values:
        assert confidence.auroc(scores, right) == pytest.approx(np.mean(values))
    else:
        assert np.isnan(confidence.auroc(scores, right))


def test_auroc_agrees_with_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics", reason="needs ragqa[train]")
    rng = np.random.default_rng(2)
    scores, right = rng.integers(0, 40, 500) / 40, rng.random(500) < 0.3
    assert confidence.auroc(scores, right) == pytest.approx(sklearn.roc_auc_score(right, scores))
    assert confidence.brier(scores, right) == pytest.approx(sklearn.brier_score_loss(right, scores))


@given(PAIRS)
def test_risk_coverage_at_every_threshold(pairs):
    scores, right = arrays(pairs)
    coverage, risk = confidence.risk_coverage(scores, right)
    for place, threshold in enumerate(sorted(set(scores), reverse=True)):
        given_ = scores >= threshold
        assert coverage[place] == pytest.approx(given_.mean())
        assert risk[place] == pytest.approx((~right[given_]).mean())
    assert len(coverage) == len(set(scores))
    for precision in (0.5, 0.9):
        possible = [scores >= t for t in set(scores) if right[scores >= t].mean() >= precision]
        best = max((chosen.mean() for chosen in possible), default=0.0)
        assert confidence.coverage_at_precision(scores, right, precision) == pytest.approx(best)


@given(PAIRS, st.integers(1, 8))
def test_bins_cover_all_and_do_not_part_ties(pairs, bins):
    scores, right = arrays(pairs)
    table = confidence.reliability(scores, right, bins)
    assert sum(n for _, _, n in table) == len(scores) and len(table) <= bins
    assert [mean for mean, _, _ in table] == sorted({mean for mean, _, _ in table})
    assert sum(share * n for _, share, n in table) == pytest.approx(right.sum())


@given(st.lists(st.booleans(), min_size=12, max_size=12), st.integers(1, 12))
def test_bins_are_of_equal_size_where_no_scores_are(right, bins):
    scores = np.random.default_rng(1).permutation(12) / 12
    table = confidence.reliability(scores, np.array(right), bins)
    assert len(table) == bins and max(n for *_, n in table) - min(n for *_, n in table) <= 1
    error = sum(n * abs(mean - share) for mean, share, n in table) / 12
    assert confidence.expected_calibration_error(scores, np.array(right), bins) == pytest.approx(error)


def test_equal_scores_are_one_bin_at_most():
    scores, right = np.array([0.5, 0.1, 0.5, 0.5, 0.5, 0.9]), np.array([1, 0, 0, 1, 0, 1], bool)
    table = confidence.reliability(scores, right, 6)
    assert [n for *_, n in table] == [1, 4, 1]
    assert np.array(table) == pytest.approx(np.array([[0.1, 0, 1], [0.5, 0.5, 4], [0.9, 1, 1]]))
    assert confidence.expected_calibration_error(scores, right, 6) == pytest.approx((0.1 + 0.1) / 6)


@given(PAIRS, st.randoms())
def test_order_does_not_matter(pairs, random):
    mixed = random.sample(pairs, len(pairs))
    for measure in (
        confidence.expected_calibration_error,
        confidence.brier,
        confidence.auroc,
        confidence.aurc,
        lambda scores, right: confidence.coverage_at_precision(scores, right, 0.8),
        lambda scores, right: confidence.best_no_answer_threshold(-scores, right * 1.0, ~right * 0.4)[1],
    ):
        assert measure(*arrays(pairs)) == pytest.approx(measure(*arrays(mixed)), nan_ok=True)


def test_no_question():
    scores, right = np.array([]), np.array([], bool)
    for measure in (confidence.expected_calibration_error, confidence.brier, confidence.auroc, confidence.aurc):
        assert np.isnan(measure(scores, right))
    assert confidence.reliability(scores, right) == [] and len(confidence.risk_coverage(scores, right)[0]) == 0
    assert confidence.coverage_at_precision(scores, right, 0.9) == 0.0
    assert np.isnan(confidence.best_no_answer_threshold(scores, scores, scores)[0])


def test_calibration_by_hand():
    scores, right = np.array([0.2, 0.2, 0.8, 0.8]), np.array([False, False, True, False])
    assert confidence.expected_calibration_error(scores, right, 2) == pytest.approx((0.2 + 0.3) / 2)
    assert confidence.brier(scores, right) == pytest.approx((0.04 + 0.04 + 0.04 + 0.64) / 4)
    assert confidence.aurc(scores, right) == pytest.approx(0.5 * 0.5 + 0.5 * 0.75)


def official_best_threshold(no_answer, answered, abstained):
    """SQuAD v2.0's search, for values instead of counts: walk up the sorted thresholds, keep the first best."""
    best = current = float(sum(abstained))
    threshold = 0.0
    for place in sorted(range(len(no_answer)), key=lambda place: no_answer[place]):
        current += answered[place] - abstained[place]
        if current > best:
            best, threshold = current, no_answer[place]
    return best / len(no_answer), threshold


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=15))
def test_best_threshold_is_the_best_that_can_be_set(rows):
    """With equal values a threshold answers all or none of them, which walking them one by one overlooks."""
    no_answer, answered, abstained = np.array(rows, float).T
    means = {limit: np.where(no_answer <= limit, answered, abstained).mean() for limit in set(no_answer)}
    best, threshold = confidence.best_no_answer_threshold(no_answer, answered, abstained)
    highest = max(*means.values(), abstained.mean())
    assert best == pytest.approx(highest)
    if abstained.mean() < highest:
        assert threshold == min(limit for limit, mean in means.items() if mean == pytest.approx(highest))
    else:
        assert threshold == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20), st.randoms())
def test_best_threshold_is_the_official_one(outcomes, random):
    no_answer = np.array(random.sample(range(1, 1000), len(outcomes))) / 1000.0
    answerable = np.array([one for one, _ in outcomes])
    answered = np.array([one and right for one, right in outcomes], float)
    best, threshold = confidence.best_no_answer_threshold(no_answer, answered, (~answerable).astype(float))
    expected = official_best_threshold(no_answer, answered, (~answerable).astype(float))
    assert (best, threshold) == (pytest.approx(expected[0]), expected[1])
