from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa.train.span_losses import marginal_span_loss  # noqa: E402
from ragqa.train.precision import MasterAdamW  # noqa: E402


def test_marginal_loss_by_hand():
    start = torch.tensor([[0.0, math.log(2), math.log(5), 9.0]])
    end = torch.tensor([[0.0, math.log(3), 0.0, 9.0]])
    allowed = torch.tensor([[True, True, True, False]])  # the last position is the question's
    # p(start) = 1/8, 2/8, 5/8; p(end) = 1/5, 3/5, 1/5
    spans = torch.tensor([[[1, 1], [2, 2]]])
    expected = -math.log(2 / 8 * 3 / 5 + 5 / 8 * 1 / 5)
    assert marginal_span_loss(start, end, allowed, spans).item() == pytest.approx(expected, rel=1e-5)


def test_padding_of_spans_counts_nothing():
    start, end = torch.randn(2, 6), torch.randn(2, 6)
    allowed = torch.ones(2, 6, dtype=torch.bool)
    one = marginal_span_loss(start, end, allowed, torch.tensor([[[1, 2]], [[0, 0]]]))
    padded = marginal_span_loss(start, end, allowed, torch.tensor([[[1, 2], [-1, -1]], [[0, 0], [-1, -1]]]))
    assert one.item() == pytest.approx(padded.item())


def test_gradient_is_finite_with_barred_positions():
    start = torch.zeros(1, 4, requires_grad=True)
    allowed = torch.tensor([[True, True, False, False]])
    marginal_span_loss(start, torch.zeros(1, 4), allowed, torch.tensor([[[1, 1], [-1, -1]]])).backward()
    assert torch.isfinite(start.grad).all()


def test_master_weights_follow_plain_adamw():
    torch.manual_seed(0)
    working = torch.nn.Parameter(torch.randn(8, 8).bfloat16())
    plain = torch.nn.Parameter(working.detach().float().clone())
    ours, reference = MasterAdamW([working], lr=1e-4), torch.optim.AdamW([plain], lr=1e-4)
    for _ in range(20):
        gradient = torch.randn(8, 8).bfloat16()
        working.grad, plain.grad = gradient.clone(), gradient.float()
        ours.step()
        reference.step()
    torch.testing.assert_close(ours.masters[0], plain.detach())
    assert torch.equal(working.detach(), plain.detach().bfloat16())
    ours.export()
    torch.testing.assert_close(working.detach(), plain.detach())


def test_small_updates_are_not_lost():
    """A step of 1e-4 vanishes in bf16 at 1.0; a hundred of them must not."""
    working = torch.nn.Parameter(torch.ones(1).bfloat16())
    optimizer = MasterAdamW([working], lr=1e-4, weight_decay=0.0)
    for _ in range(100):
        working.grad = torch.ones(1).bfloat16()
        optimizer.step()
    assert working.item() == pytest.approx(0.99, abs=0.004)


def test_state_survives_saving():
    working = torch.nn.Parameter(torch.randn(4).bfloat16())
    optimizer = MasterAdamW([working], lr=1e-3)
    working.grad = torch.ones(4).bfloat16()
    optimizer.step()
    other = torch.nn.Parameter(torch.zeros(4).bfloat16())
    restored = MasterAdamW([other], lr=1e-3)
    restored.load_state_dict(optimizer.state_dict())
    assert torch.equal(restored.masters[0], optimizer.masters[0]) and torch.equal(other, working)
    for parameter, owner in ((working, optimizer), (other, restored)):
        parameter.grad = torch.full((4,), 0.5).bfloat16()
        owner.step()
    assert torch.equal(other, working)
