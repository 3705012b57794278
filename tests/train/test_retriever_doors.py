"""From the command line, end to end: train, index, ask; the question's side on an index that is there; ANCE's loop."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs ragqa[train]")
pytest.importorskip("datasets", reason="needs ragqa[train]")

import ragqa
from ragqa.cli import main
from ragqa.errors import ConfigError, FingerprintMismatch, TrainingError
from ragqa.eval.runs.runner import run
from ragqa.models.catalog import load_encoder

SHORT = "train.steps=4 train.warmup_steps=0 train.decay_steps=2 train.save_every=4 train.report_to= train.bf16=false"


@pytest.fixture
def ragqa_line(capsys):
    """Run a command line; what it printed. Another exit code than expected fails with what it said."""

    def run(*words, code=0):
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        assert left.value.code == code, printed.err
        return printed.err if code else printed.out

    return run


def train(run, data, output, *settings, recipe="retriever-squad", code=0):
    pairs = [*SHORT.split(" "), "train.batch_size=2", "data.max_length=48", *settings]
    sets = [word for pair in pairs for word in ("--set", pair)]
    return run("train", "retriever", data, "--recipe", recipe, *sets, "-o", output, code=code)


@pytest.mark.slow
def test_train_index_ask_and_again(squad_file, tiny_encoder, tmp_path, ragqa_line):
    """ANCE's loop: train, index with it, mine from that index, train on what was mined, index again."""
    base = f"base={tiny_encoder}"
    assert "index again with --encoder" in train(ragqa_line, squad_file, tmp_path / "ret", base)
    ragqa_line("index", squad_file, "-o", tmp_path / "index", "--encoder", tmp_path / "ret", "-q")
    asked = ("ask", "How long is the Danube?", "-i", tmp_path / "index", "--json")
    named = ("--encoder", tmp_path / "ret")
    assert "name it, with --encoder" in ragqa_line(*asked, code=ConfigError.exit_code)
    assert any("2,850 kilometres" in one["text"] for one in json.loads(ragqa_line(*asked, *named))["answers"])
    mined = ("mine", "-i", tmp_path / "index", "--questions", squad_file, "-o", tmp_path / "negatives.jsonl", *named)
    report = json.loads(ragqa_line(*mined, "--by", "dense,bm25", "--margin", "none", "-q"))
    assert report["written"] == 5 and report["negatives"] > 0 and report["distant"] == 0
    alone = ("train.batch_size=1", f"base={tmp_path / 'ret'}")  # of these few passages each is everybody's negative
    train(ragqa_line, tmp_path / "negatives.jsonl", tmp_path / "ret-2", *alone, recipe="retriever-hard")
    ragqa_line("index", squad_file, "-o", tmp_path / "index", "--encoder", tmp_path / "ret-2", "-q")
    fingerprint = ragqa.Snapshot.open(tmp_path / "index").manifest.encoder.fingerprint
    assert (
        fingerprint
        == load_encoder(str(tmp_path / "ret-2")).fingerprint
        != load_encoder(str(tmp_path / "ret")).fingerprint
    )
    wrong = ragqa_line(*asked, "--encoder", tmp_path / "ret", code=FingerprintMismatch.exit_code)
    assert wrong.splitlines()[-1].startswith("ragqa: ") and "index again with this one" in wrong


@pytest.mark.slow
def test_the_question_side_of_the_packaged_encoder(squad_file, tmp_path, ragqa_line):
    """The index was built with the int8 default; nothing is encoded again, and rankings change; so in the fast form."""
    ragqa_line("index", squad_file, "-o", tmp_path / "index", "-q")
    said = train(ragqa_line, squad_file, tmp_path / "ask", "train.lr=1e-3", recipe="retriever-question")
    assert "ask the index that is there with --encoder" in said
    ragqa_line("export", tmp_path / "ask", "--as", "encoder", "-o", tmp_path / "ask-fast")
    question = "Where does the Rhine rise?"
    before, tuned, fast = (load_encoder(str(name)) for name in ("default", tmp_path / "ask", tmp_path / "ask-fast"))
    assert before.fingerprint == tuned.fingerprint == fast.fingerprint
    vectors = [encoder.encode_questions([question])[0] for encoder in (before, tuned, fast)]
    assert vectors[0] @ vectors[1] < 0.99 < vectors[1] @ vectors[2]
    dense = {}
    for name in ("default", tmp_path / "ask", tmp_path / "ask-fast"):
        line = ("search", question, "-i", tmp_path / "index", "--fusion", "dense", "--json", "--encoder", name)
        dense[str(name)] = [hit["sources"]["dense"] for hit in json.loads(ragqa_line(*line))]
    assert not np.allclose(dense["default"], dense[str(tmp_path / "ask")], atol=1e-2)
    assert np.allclose(dense[str(tmp_path / "ask")], dense[str(tmp_path / "ask-fast")], atol=5e-2)
    again = ragqa_line(
        "index", squad_file, "-o", tmp_path / "index", "--encoder", tmp_path / "ask-fast", "--json", "-q"
    )
    assert json.loads(again)["encoded"] == 0 and not json.loads(again)["committed"]
    reply = json.loads(
        ragqa_line(
            "ask", question, "-i", tmp_path / "index", "--json", "--risk", "0.5", "--encoder", tmp_path / "ask-fast"
        )
    )
    assert reply["answered"]
    check_core_install(tmp_path / "ask-fast")
    check_run_hash(squad_file, tmp_path)


def check_core_install(folder):
    """The fast form of a question encoder is loaded and asked without torch."""
    code = (
        "import sys; from ragqa.models.catalog import load_encoder\n"
        f"load_encoder({str(folder)!r}).encode_questions(['Where?'])\n"
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def check_run_hash(squad_file, tmp_path):
    """A run with another questions' side is another run, though name, settings and index are the same."""
    shutil.copy(squad_file, tmp_path / "squad.json")
    suite = tmp_path / "suite.toml"
    suite.write_text('task = "retrieval"\n[parts.main]\ncorpus = ["squad.json"]\nquestions = "squad.json"\n')
    facts = []
    for name in ("ask", "ask-fast"):
        shutil.rmtree(tmp_path / "used", ignore_errors=True)
        shutil.copytree(tmp_path / name, tmp_path / "used")
        folder = run(suite, tmp_path / f"run-{name}", indexes=tmp_path, settings=[f"index.encoder={tmp_path / 'used'}"])
        facts.append(json.loads((folder.path / "run.json").read_text()))
    parts = [dict(one["parts"]["main"]) for one in facts]
    assert [len(part.pop("question_encoder")) > 0 for part in parts] == [True, True] and parts[0] == parts[1]
    assert facts[0]["hash"] != facts[1]["hash"]


def test_errors_are_one_line(squad_file, tiny_encoder, tmp_path, ragqa_line):
    base = f"base={tiny_encoder}"
    said = train(ragqa_line, squad_file, tmp_path / "a", base, "train.lr=1e30", code=TrainingError.exit_code)
    (line,) = [line for line in said.splitlines() if line.startswith("ragqa: ")]
    assert "lower train.lr" in line and "Traceback" not in said
    (tmp_path / "bad.jsonl").write_text('{"question": 1}\n')
    assert "bad.jsonl:1" in train(ragqa_line, tmp_path / "bad.jsonl", tmp_path / "b", base, code=3)
    assert "for a reader, not for a retriever" in train(
        ragqa_line, squad_file, tmp_path / "c", recipe="reader-minilm", code=2
    )
