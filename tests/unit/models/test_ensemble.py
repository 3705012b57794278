"""Readers as one: means of probabilities over the same characters, and the way there from the command line."""

from __future__ import annotations

import json
import math

import pytest
from tokenizers import Regex, Tokenizer
from tokenizers.pre_tokenizers import Split

from ragqa.config import Config, load_config
from ragqa.documents import Passage
from ragqa.models.catalog import load_reader, reader_fingerprint
from ragqa.models.ensemble import EnsembleReader, average, load_readers, readers_fingerprint
from ragqa.models.reader import SpanReader
from ragqa.models.tokenize import PairTokenizer
from ragqa.spans import Decoded
from ragqa.types import Span

TEXT = "The Rhine rises in Switzerland and flows to the North Sea."


def decoded(null, **spans):
    listed = [Span(*map(int, place[1:].split("_")), math.log(p)) for place, p in spans.items()]
    return Decoded(listed, math.log(null))


def test_means_by_hand():
    both = average([decoded(0.2, s0_3=0.5, s4_9=0.3), decoded(0.6, s4_9=0.3, s1_2=0.1)], 2)
    assert [(span.start, span.end) for span in both.spans] == [(4, 9), (0, 3)]
    assert [math.exp(span.score) for span in both.spans] == pytest.approx([0.3, 0.25])
    assert math.exp(both.null) == pytest.approx(0.4)
    assert average([Decoded([], -math.inf)], 3).null == -math.inf


def test_ties_go_to_the_earlier_start_then_the_shorter():
    tied = average([decoded(0.1, s4_9=0.3, s4_6=0.3, s1_2=0.3)], 3)
    assert [(span.start, span.end) for span in tied.spans] == [(1, 2), (4, 6), (4, 9)]


def test_an_ensemble_of_one_reader_twice_says_what_it_says():
    alone, twice = load_reader(), EnsembleReader([load_reader(), load_reader()])
    passage = Passage(id="p", doc_id="d", title="", text=TEXT, start=0, end=len(TEXT), source="s")
    for one, two in zip(
        alone.read(["Where does the Rhine rise?"], [passage])[0],
        twice.read(["Where does the Rhine rise?"], [passage])[0],
        strict=True,
    ):
        assert (one.start, one.end) == (two.start, two.end) and one.score == pytest.approx(two.score, abs=1e-5)


def test_each_member_says_what_it_makes_of_a_span():
    one, other = load_reader(), load_reader()
    other.tokenizer = PairTokenizer(Tokenizer.from_str(one.tokenizer.tokenizer.to_str()), max_length=384)
    other.tokenizer.tokenizer.pre_tokenizer = Split(Regex("."), "isolated")  # it reads letters
    passage = Passage(id="p", doc_id="d", title="", text=TEXT, start=0, end=len(TEXT), source="s")
    question, span = "Where does the Rhine rise?", Span(TEXT.index("Switz"), TEXT.index(" and"), 0.0)
    first, second = EnsembleReader([one, other]).logits(question, passage, span)
    assert (first,) == one.logits(question, passage, span) and (first.reader, second.reader) == (1, 2)
    assert (second.start, second.end, second.null) == tuple(
        getattr(other.logits(question, passage, span)[0], name) for name in ("start", "end", "null")
    )
    half = Span(span.start, span.start + 5, 0.0)  # within a token of the first
    assert [own.reader for own in EnsembleReader([one, other]).logits(question, passage, half)] == [2]


def test_names_and_fingerprints():
    assert isinstance(load_readers(["default"]), SpanReader)
    assert len(load_readers(["default", "default"]).members) == 2
    assert readers_fingerprint(["default"]) == reader_fingerprint("default")
    assert readers_fingerprint(["default", "default"]) != reader_fingerprint("default")
    config, _ = load_config(None, ["read.ensemble=default, other"])
    assert config.read.readers == ("default", "default", "other") and Config().read.readers == ("default",)


def test_asked_from_the_command_line(tmp_path):
    from click.testing import CliRunner

    from ragqa.cli import cli
    from ragqa.indexing import build

    (tmp_path / "rhine.txt").write_text(TEXT, encoding="utf-8")
    build(tmp_path / "rhine.txt", tmp_path / "index")
    line = ["ask", "Where does the Rhine rise?", "-i", str(tmp_path / "index"), "--ensemble", "default", "--json"]
    done = CliRunner().invoke(cli, line, standalone_mode=False)
    assert done.exception is None and json.loads(done.stdout)["answers"][0]["text"] == "Switzerland"
