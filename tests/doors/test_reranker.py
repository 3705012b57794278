"""``--reranker`` as a user has it, and the fast form of a cross-encoder."""

from __future__ import annotations

import json

import pytest

BAD_MODEL = 8
QUESTION = "Who discovered penicillin?"


@pytest.mark.slow
def test_by_relevance(ragqa, sample_index):
    options = ("--reranker", "relevance", "--json", "-i", sample_index)
    reply = json.loads(ragqa("ask", QUESTION, *options).stdout)
    assert reply["answers"][0]["text"] == "Alexander Fleming" and reply["timings"]["rerank"] > 0
    found = json.loads(ragqa("search", QUESTION, "-k", "20", *options).stdout)
    assert found == reply["hits"]
    first = ragqa("search", QUESTION, "-k", "3", *options[:2], "-i", sample_index).stdout
    assert first.startswith("1. ") and "Fleming" in first
    line = ragqa("chat", *options, stdin=f"{QUESTION}\n").stdout
    assert json.loads(line)["hits"] == reply["hits"]


@pytest.mark.parametrize("command", ["ask", "search"])
def test_no_such_reranker(ragqa, sample_index, command, tmp_path):
    done = ragqa(command, QUESTION, "-i", sample_index, "--reranker", tmp_path / "nowhere", code=BAD_MODEL)
    assert done.stderr == f"ragqa: {tmp_path / 'nowhere'}: no such model directory\n"


def test_a_cross_encoder_and_its_fast_form(ragqa, write_tiny_bert, sample_index, tmp_path):
    slow, fast = tmp_path / "slow", tmp_path / "fast"
    write_tiny_bert(slow, "BertForSequenceClassification", num_labels=1)
    done = ragqa("export", slow, "--as", "reranker", "-o", fast, "--fp32", "--max-length", "96", "--name", "judge")
    assert done.stdout.startswith(f"{fast}: ") and done.stdout.endswith("mean cosine to the checkpoint 1.0000\n")
    card = json.loads((fast / "ragqa.json").read_text())
    assert card["max_length"] == 96 and card["name"] == "judge" and card["fingerprint"].startswith("judge-")
    hits = json.loads(ragqa("search", QUESTION, "-k", "60", "--reranker", fast, "--json", "-i", sample_index).stdout)
    logits = [hit["sources"]["rerank"] for hit in hits]
    assert len(hits) == 60 and logits == sorted(logits, reverse=True) == [hit["score"] for hit in hits]
    assert json.loads(ragqa("ask", QUESTION, "--reranker", slow, "--json", "-i", sample_index).stdout)["hits"]
