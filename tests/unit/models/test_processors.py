"""The packaged models say the same on every kind of processor, to a tolerance.

Sums of int8 products are equal everywhere, as no weight is large enough to saturate them. Floating-point kernels differ
in the last digits; where such a digit moves an activation over the edge of its quantization step, later layers differ
too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.graphs import saturating_weights

from ragqa.models.card import MODEL
from ragqa.models.catalog import PRETRAINED

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
COSINE, ANSWERS, LOG_P = 0.99, 2, 0.03  # the lowest cosine, how many of 25 answers, how far apart on average
EMULATOR = shutil.which("qemu-x86_64")


@pytest.fixture(scope="module")
def script(eval_script):
    return eval_script("processors")


@pytest.fixture(scope="module")
def here(script):
    return script.observe(script.own_pairs())


@pytest.mark.parametrize("kind", ["encoder", "reader"])
def test_no_packaged_weight_can_saturate(kind):
    pytest.importorskip("onnx", reason="needs ragqa[train]")
    assert saturating_weights(PRETRAINED / kind / MODEL) == []


@pytest.mark.parametrize("processor", ["avx2", "avx512-vnni", "arm"])
def test_this_processor_says_what_another_said(script, here, processor):
    there = script.load(GOLDEN / f"processor-{processor}.npz")
    apart = script.difference(here, there)
    assert apart.pairs == 25
    assert apart.cosine >= COSINE, apart
    assert apart.answers <= ANSWERS, apart
    assert apart.mean <= LOG_P, apart


@pytest.mark.slow
@pytest.mark.skipif(EMULATOR is None, reason="no qemu-x86_64 here to emulate another processor (Debian: qemu-user)")
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="emulates a processor of the same architecture")
def test_an_emulated_processor_without_vnni_says_the_same(script, here, tmp_path):
    there = tmp_path / "avx2.npz"
    interpreter = Path(sys.executable).resolve()
    subprocess.run(
        [EMULATOR, "-cpu", "Haswell", interpreter, script.__file__, "record", "--limit", "6", "-o", there],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
        timeout=600,
    )
    first = script.Observed(here.vectors[[*range(6), *range(25, 31)]], here.answers[:6], here.log_p[:6])
    apart = script.difference(first, script.load(there))
    assert apart.cosine >= COSINE and not apart.answers and apart.mean <= LOG_P, apart


def test_records_that_differ_are_told_apart(script, here):
    other = script.Observed(here.vectors[::-1], ["", *here.answers[1:]], here.log_p - 1.0)
    apart = script.difference(here, other)
    assert apart.cosine < COSINE
    assert apart.answers == 1
    assert apart.mean == pytest.approx(1.0)
