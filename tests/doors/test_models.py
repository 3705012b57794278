"""The packaged reader as a standard checkpoint: what is written, and that nothing is said that only developers need."""

import importlib.util

import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


@pytest.mark.slow
def test_merged_reader_answers_like_the_fast_one_and_nothing_else_is_said(ragqa, sample_index, tmp_path):
    done = ragqa("models", "merge", "reader", "-o", tmp_path / "reader")
    assert (done.stdout, done.stderr) == (f"{tmp_path / 'reader'}: standard checkpoint with span heads\n", "")
    question = ("ask", "Who discovered penicillin?", "-i", sample_index, "-k", "1")
    slow, fast = ragqa(*question, "--reader", tmp_path / "reader"), ragqa(*question)
    assert slow.stdout.splitlines()[1:] == fast.stdout.splitlines()[1:]
    assert len(slow.stderr.splitlines()) == 1, slow.stderr
