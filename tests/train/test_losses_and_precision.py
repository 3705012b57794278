from __future__ import annotations

import math
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")


from ragqa.train.engine.precision import MasterAdamW, use_bf16  # noqa: E402
from ragqa.train.engine.settings import TrainSettings  # noqa: E402
from ragqa.train.reader.adversary import climb  # noqa: E402
from ragqa.train.reader.losses import (  # noqa: E402
    distillation_loss,
    marginal_span_loss,
    r_drop_loss,
    relevance_loss,
    span_log_probabilities,
)


def test_marginal_loss_by_hand():
    start = torch.tensor([[0.0, math.log(2), math.log(5), 9.0]])
    end = torch.tensor([[0.0, math.log(3), 0.0, 9.0]])
    allowed = torch.tensor([[True, True, True, False]])  # the last position is the question's
    # p(start) = 1/8, 2/8, 5/8; p(end) = 1/5, 3/5, 1/5
    spans = torch.tensor([[[1, 1], [2, 2]]])
    expected = -math.log(2 / 8 * 3 / 5 + 5 / 8 * 1 / 5)
    assert marginal_span_loss(start, end, allowed, spans).item() == pytest.approx(expected, rel=1e-5)


def test_windows_of_a_question_share_one_softmax_and_one_null_option():
    """By enumeration: odds against each window's own position 0, with one null option of odds 1 for all."""
    torch.manual_seed(3)
    start, end = torch.randn(2, 4), torch.randn(2, 4)  # one question, two windows; passages at positions 2 and 3
    allowed = torch.tensor([[True, False, True, True, False, False, True, True]])
    spans = torch.tensor([[[2, 3], [7, 7]]])  # tokens 2 to 3 of the first window, token 3 of the second
    odds = []
    for logits in (start, end):
        own = {(w, t): math.exp(logits[w, t] - logits[w, 0]) for w in (0, 1) for t in (2, 3)}
        total = 1.0 + sum(own.values())
        odds.append({place: value / total for place, value in own.items()} | {"null": 1.0 / total})
    expected = -math.log(odds[0][0, 2] * odds[1][0, 3] + odds[0][1, 3] * odds[1][1, 3])
    assert marginal_span_loss(start, end, allowed, spans).item() == pytest.approx(expected, rel=1e-5)
    null = marginal_span_loss(start, end, allowed, torch.tensor([[[0, 0]]]))
    assert null.item() == pytest.approx(-math.log(odds[0]["null"] * odds[1]["null"]), rel=1e-5)
    shifted = start + torch.tensor([[5.0], [-2.0]])  # only odds against null count
    assert marginal_span_loss(shifted, end, allowed, spans).item() == pytest.approx(expected, rel=1e-5)


def test_a_group_of_one_is_a_window_alone():
    torch.manual_seed(0)
    start, end, spans = torch.randn(3, 5), torch.randn(3, 5), torch.tensor([[[1, 2]], [[0, 0]], [[3, 3]]])
    allowed = torch.tensor([[True, True, True, True, False]] * 3)
    alone = [
        marginal_span_loss(start[i : i + 1], end[i : i + 1], allowed[i : i + 1], spans[i : i + 1]) for i in range(3)
    ]
    assert marginal_span_loss(start, end, allowed, spans).item() == pytest.approx(sum(map(float, alone)) / 3, rel=1e-5)


def test_smoothing_mixes_in_the_uniform_distribution():
    torch.manual_seed(1)
    start, end, spans = torch.randn(2, 4), torch.randn(2, 4), torch.tensor([[[1, 2]], [[0, 0]]])
    allowed = torch.tensor([[True, True, True, False], [True, True, False, False]])
    expected = 0.0
    for row, (first, last) in enumerate([(1, 2), (0, 0)]):
        places = [t for t in range(4) if allowed[row, t]]
        for logits, right in ((start, first), (end, last)):
            total = sum(math.exp(logits[row, t]) for t in places)
            for t in places:
                target = 0.9 * (t == right) + 0.1 / len(places)
                expected -= target * math.log(math.exp(logits[row, t]) / total) / 2
    assert marginal_span_loss(start, end, allowed, spans, 0.1).item() == pytest.approx(expected, rel=1e-5)


def test_divergence_by_hand_and_zero_between_equals():
    allowed = torch.tensor([[True, True, False]])
    one = span_log_probabilities(torch.tensor([[0.0, math.log(3), 9.0]]), torch.zeros(1, 3), allowed)  # 1/4, 3/4
    other = span_log_probabilities(torch.zeros(1, 3), torch.zeros(1, 3), allowed)
    there = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    back = 0.5 * math.log(2.0) + 0.5 * math.log(2 / 3)
    assert r_drop_loss(one, other).item() == pytest.approx((there + back) / 2, rel=1e-5)
    assert r_drop_loss(one, one).item() == 0.0


def test_distillation_by_hand_and_its_gradient():
    readable = torch.tensor([[True, True, False]])
    teacher = torch.tensor([[0.25, 0.75, 0.0]])
    student = torch.zeros(1, 3, requires_grad=True)
    loss = distillation_loss((student, torch.tensor([[0.0, 2 * math.log(3), 9.0]])), (teacher, teacher), readable, 2.0)
    assert loss.item() == pytest.approx(4 * (0.25 * math.log(0.5) + 0.75 * math.log(1.5)), rel=1e-5)
    loss.backward()
    torch.testing.assert_close(student.grad, torch.tensor([[0.5, -0.5, 0.0]]))  # T (student − teacher)


def test_relevance_by_hand():
    scores, answers = torch.tensor([0.0, math.log(3)]), torch.tensor([1.0, 0.0])
    assert relevance_loss(scores, answers).item() == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_an_adversary_climbs_inside_its_ball():
    mask = torch.tensor([[[1.0], [1.0]], [[1.0], [0.0]], [[1.0], [1.0]]])
    gradient = torch.randn(3, 2, 4)
    gradient[2] = 0.0
    delta = climb(torch.zeros(3, 2, 4), gradient, mask, 0.5, 1.0)
    assert delta.flatten(1).norm(dim=1).tolist() == pytest.approx([0.5, 0.5, 0.0], abs=1e-6)
    assert (delta[1, 1] == 0).all(), "padding is not moved"
    torch.testing.assert_close(delta[0] / 0.5, gradient[0] / gradient[0].norm())
    for _ in range(5):
        delta = climb(delta, gradient, mask, 0.5, 1.0)
    assert delta.flatten(1).norm(dim=1).max().item() == pytest.approx(1.0, abs=1e-5)


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


def test_master_groups_have_rates_of_their_own():
    one, other = (torch.nn.Parameter(torch.ones(1).bfloat16()) for _ in range(2))
    optimizer = MasterAdamW([{"params": [one], "lr": 1e-2}, {"params": [other], "lr": 1e-3}], lr=1.0, weight_decay=0.0)
    one.grad, other.grad = torch.ones(1).bfloat16(), torch.ones(1).bfloat16()
    optimizer.step()
    assert [round(1 - master.item(), 6) for master in optimizer.masters] == [0.01, 0.001]


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


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="needs the kernel's list of a processor's units")
def test_bf16_is_chosen_where_the_processor_multiplies_it():
    """oneDNN calls bf16 supported on every AVX-512 processor: without the units it emulates it, slower than fp32."""
    units = set(Path("/proc/cpuinfo").read_text().split())
    assert use_bf16(TrainSettings(), torch.device("cpu")) == ("avx512_bf16" in units)
    assert use_bf16(TrainSettings(bf16=True), torch.device("cpu"))
