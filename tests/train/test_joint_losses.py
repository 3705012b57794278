"""The joint losses against plain enumeration, their gradients against finite differences."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa.train.engine.settings import JOINT_LOSSES  # noqa: E402
from ragqa.train.joint.losses import (  # noqa: E402
    answer_log_likelihood,
    emdr2,
    marginal,
    objective,
    passage_log_probabilities,
    perplexity,
    separate,
    silence,
)

NEVER = float("-inf")
SIMILARITY = [[0.3, 0.1, 0.5, 0.2], [0.4, 0.4, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]]
REAL = [[True, True, True, True], [True, True, False, False], [True, True, True, True]]
READING = [[-1.2, NEVER, -0.3, NEVER], [-2.0, NEVER, NEVER, NEVER], [NEVER, NEVER, NEVER, NEVER]]
TOGETHER = [-0.7, -1.9, 0.0]
SCALE = 5.0


def tensors():
    similarity = torch.tensor(SIMILARITY, dtype=torch.float64, requires_grad=True)
    reading = torch.tensor(READING, dtype=torch.float64, requires_grad=True)
    together = torch.tensor(TOGETHER, dtype=torch.float64, requires_grad=True)
    logits = (similarity * SCALE).masked_fill(~torch.tensor(REAL), NEVER)
    return similarity, reading, together, torch.log_softmax(logits, dim=-1)


def chances():
    """p(passage | question), by hand."""
    rows = []
    for similarities, real in zip(SIMILARITY, REAL, strict=True):
        odds = [math.exp(SCALE * s) if ok else 0.0 for s, ok in zip(similarities, real, strict=True)]
        rows.append([value / sum(odds) for value in odds])
    return rows


def answers():
    """p(answer | question, passage), by hand."""
    return [[math.exp(value) for value in row] for row in READING]


def test_passages_share_a_probability_of_one():
    got = passage_log_probabilities(torch.tensor(SIMILARITY), torch.tensor(REAL), SCALE)
    torch.testing.assert_close(got.exp(), torch.tensor(chances()))


def test_a_passage_without_windows_explains_nothing():
    """Where an index holds fewer passages than a question is to see."""
    start, end = (torch.randn(2, 3, requires_grad=True) for _ in range(2))
    allowed, spans = torch.ones(2, 3, dtype=torch.bool), torch.tensor([[[1, 2]], [[-1, -1]]])
    found = answer_log_likelihood(start, end, allowed, spans, torch.tensor([0, 2]), 3)
    wanted = torch.log_softmax(start[0], 0)[1] + torch.log_softmax(end[0], 0)[2]
    assert found.tolist() == [pytest.approx(wanted.item(), abs=1e-5), NEVER, NEVER]
    found[0].backward()
    assert torch.isfinite(start.grad).all() and torch.isfinite(end.grad).all()


def test_marginal_is_what_enumeration_gives():
    _, reading, _, retrieval = tensors()
    wanted = [
        -math.log(sum(p * a for p, a in zip(*rows, strict=True)))
        for rows in list(zip(chances(), answers(), strict=True))[:2]
    ]
    assert marginal(retrieval, reading).item() == pytest.approx(sum(wanted) / 2)


def test_emdr2_adds_the_reader_on_all_passages():
    _, reading, together, retrieval = tensors()
    wanted = marginal(retrieval, reading).item() - (TOGETHER[0] + TOGETHER[1]) / 2
    assert emdr2(retrieval, reading, together).item() == pytest.approx(wanted)


def test_perplexity_is_a_divergence_from_the_readers_posterior():
    _, reading, together, retrieval = tensors()
    wanted = 0.0
    for p, a, log in list(zip(chances(), answers(), TOGETHER, strict=True))[:2]:
        posterior = [value / sum(a) for value in a]
        wanted += sum(t * math.log(t / own) for t, own in zip(posterior, p, strict=True) if t) - log
    assert perplexity(retrieval, reading, together).item() == pytest.approx(wanted / 2)


def test_sum_is_both_losses():
    _, reading, _, retrieval = tensors()
    p = chances()
    first = -0.5 * math.log(p[0][0] + p[0][2]) + (1.2 + 0.3) / 2
    second = -0.5 * math.log(p[1][0]) + 2.0
    assert separate(retrieval, reading, 0.5).item() == pytest.approx((first + second) / 2)


@pytest.mark.parametrize("name", JOINT_LOSSES)
def test_gradients_are_finite_differences(name):
    """Of the similarities; what the reader's part should not move for the retriever is tested below."""
    similarity, reading, together, retrieval = tensors()
    loss = objective(name, retrieval, reading, together, 1.0)
    loss.backward()
    assert torch.isfinite(similarity.grad).all()
    assert float(similarity.grad[2].abs().sum()) == 0.0, "a question without an answer in reach must not move anything"
    for row in range(2):
        for column in range(4):
            nudged = []
            for step in (1e-6, -1e-6):
                changed = similarity.detach().clone()
                changed[row, column] += step
                logits = (changed * SCALE).masked_fill(~torch.tensor(REAL), NEVER)
                again = objective(name, torch.log_softmax(logits, -1), reading.detach(), together.detach(), 1.0)
                nudged.append(float(again))
            assert (nudged[0] - nudged[1]) / 2e-6 == pytest.approx(float(similarity.grad[row, column]), abs=1e-6)


@pytest.mark.parametrize("name", ["emdr2", "perplexity"])
def test_the_readers_judgement_of_single_passages_is_not_trained(name):
    _, reading, together, retrieval = tensors()
    objective(name, retrieval, reading, together, 1.0).backward()
    assert reading.grad is None or float(reading.grad.nan_to_num().abs().sum()) == 0.0
    torch.testing.assert_close(together.grad, torch.tensor([-0.5, -0.5, 0.0], dtype=torch.float64))


def test_silence_is_learnt_from_passages_without_the_answer():
    _, reading, _, _ = tensors()
    nothing = torch.full((3, 4), -9.0, dtype=torch.float64)
    nothing[0, 1], nothing[0, 3], nothing[1, 1], nothing[2] = -0.5, -0.1, -1.5, torch.tensor([-2.0, -3.0, -4.0, -5.0])
    nothing = nothing.masked_fill(~torch.tensor(REAL), NEVER).requires_grad_()
    loss = silence(nothing, reading)
    assert loss.item() == pytest.approx((0.5 + 0.1 + 1.5 + 2 + 3 + 4 + 5) / 7)
    loss.backward()
    lacking = torch.tensor([[0, 1, 0, 1], [0, 1, 0, 0], [1, 1, 1, 1]], dtype=torch.float64)
    torch.testing.assert_close(nothing.grad, -lacking / 7)
    assert silence(nothing[:1, :1], reading[:1, :1]).item() == 0.0


@pytest.mark.parametrize("name", JOINT_LOSSES)
def test_nothing_to_learn_is_no_loss(name):
    retrieval = torch.full((1, 2), math.log(0.5), requires_grad=True)
    reading = torch.full((1, 2), NEVER)
    loss = objective(name, retrieval, reading, torch.zeros(1), 1.0)
    loss.backward()
    assert float(loss) == 0.0 and torch.isfinite(retrieval.grad).all()
