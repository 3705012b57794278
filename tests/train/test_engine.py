"""What all kinds of run have from the engine: precision, patience, loaders, compiling, whose stdout it is."""

from __future__ import annotations

import json
from functools import partialmethod

import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from safetensors.torch import load_file  # noqa: E402

from ragqa.convert import override  # noqa: E402
from ragqa.train import fit_reader, fit_retriever  # noqa: E402
from ragqa.train.engine.precision import MasterAdamW  # noqa: E402


def weights(folder):
    return load_file(str(folder / "model.safetensors"))


def test_master_weights_are_those_of_a_plain_loop():
    """To the bit: fp32 copies moved by AdamW one after the other, then rounded, also where a weight has no gradient."""
    torch.manual_seed(0)
    working = [torch.nn.Parameter(torch.randn(n, 3).bfloat16()) for n in (5, 1, 64)]
    copies = [torch.nn.Parameter(one.detach().float().clone()) for one in working]
    ours, plain = MasterAdamW(working, lr=1e-2), torch.optim.AdamW(copies, lr=1e-2, fused=True)
    for step in range(10):
        for number, (one, copy) in enumerate(zip(working, copies, strict=True)):
            one.grad = None if (step + number) % 4 == 0 else torch.randn(one.shape).bfloat16()
            copy.grad = None if one.grad is None else one.grad.float()
        ours.step()
        plain.step()
        for one, copy, master in zip(working, copies, ours.masters, strict=True):
            assert torch.equal(master, copy) and torch.equal(one, copy.bfloat16())


def test_the_retrievers_patience_survives_a_pause(squad_file, tiny_retriever, tmp_path, as_killed_after):
    settings = {"train.eval_every": 2, "train.patience": 2, "train.lr": 0.0, "train.batch_size": 1}
    recipe = override(tiny_retriever, {**settings, "data.held_out": 0.4, "train.steps": 40})
    out = fit_retriever([squad_file], tmp_path / "out", recipe)
    again = fit_retriever([squad_file], as_killed_after(out, tmp_path / "again", 4), recipe)
    for folder in (out, again):
        last = max(int(path.name.rpartition("-")[2]) for path in (folder / "steps").glob("checkpoint-*"))
        assert last == 6, "the first score, then two that are no better"


def test_batches_made_by_other_processes_are_the_same(squad_file, tiny_retriever, tiny_retriever_run, tmp_path, capfd):
    others = fit_retriever([squad_file], tmp_path / "others", override(tiny_retriever, {"train.workers": 2}))
    assert all(torch.equal(value, weights(others)[name]) for name, value in weights(tiny_retriever_run).items())
    printed = capfd.readouterr()
    assert printed.out == "" and "'loss'" in printed.err, "stdout is for results"
    assert "forked" not in printed.err


def test_an_unfinished_run_may_go_on_with_other_workers(
    squad_file, tiny_retriever, tiny_retriever_run, tmp_path, as_killed_after
):
    whole = tiny_retriever_run
    more = override(tiny_retriever, {"train.workers": 1})
    resumed = fit_retriever([squad_file], as_killed_after(whole, tmp_path / "broken", 4), more)
    assert all(torch.equal(value, weights(resumed)[name]) for name, value in weights(whole).items())


def test_a_checkpoint_of_another_form_is_told(squad_file, tiny_recipe, tiny_reader_run, tmp_path, as_killed_after):
    from ragqa.errors import SourceError

    broken = as_killed_after(tiny_reader_run, tmp_path / "broken", 4)
    (broken / "steps" / "checkpoint-4" / "companions.safetensors").unlink()
    with pytest.raises(SourceError, match=r"companions\.safetensors: damaged or missing"):
        fit_reader([squad_file], broken, tiny_recipe)


@pytest.mark.slow
def test_a_compiled_model_learns_the_same(squad_file, tiny_recipe, tiny_reader_run, tmp_path, monkeypatch):
    """The graphs that torch.compile finds are run as they are: a C++ compiler takes half a minute to translate them,
    and that is torch's own work.
    """
    monkeypatch.setattr(torch.nn.Module, "compile", partialmethod(torch.nn.Module.compile, backend="aot_eager"))
    compiled = fit_reader([squad_file], tmp_path / "compiled", override(tiny_recipe, {"train.compile": True}))
    assert json.loads((compiled / "run.json").read_text())["recipe"]["train"]["compile"] is True
    for name, value in weights(tiny_reader_run).items():
        if "key.bias" not in name:
            torch.testing.assert_close(weights(compiled)[name], value, atol=1e-3, rtol=0.0)
