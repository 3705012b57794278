"""An index may come from anywhere: what its manifest names loads nothing unless the user names it too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ragqa
from ragqa.config import Config, IndexConfig
from ragqa.documents import Passage
from ragqa.errors import ConfigError, FingerprintMismatch, ModelError
from ragqa.models.card import CARD
from ragqa.models.catalog import PRETRAINED, encoder_name, load_encoder
from ragqa.store.manifest import EncoderFact
from ragqa.testing import HashEncoder

ROOT = Path(__file__).parents[2]
WATCHED = """
import sys
from ragqa.cli import main

def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and "canary" in str(arguments[0]):
        print("TOUCHED", event, arguments[0], flush=True)
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("TOUCHED", event, flush=True)

sys.addaudithook(watch)
main(sys.argv[1:])
"""


@pytest.fixture
def docs(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The Rhine rises in the Alps.")
    return tmp_path / "docs"


@pytest.fixture
def canary(tmp_path):
    """An encoder that is not the packaged one."""
    folder = Path(shutil.copytree(PRETRAINED / "encoder", tmp_path / "canary"))
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "fingerprint": "another-1"}))
    return folder


def watched(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-c", WATCHED, *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(cwd), "HF_HUB_OFFLINE": "1"},
    )


@pytest.mark.parametrize("kind", ["absolute", "relative", "plain", "home", "hub"])
def test_nothing_that_a_manifest_names_is_opened(docs, canary, tmp_path, kind):
    names = {"absolute": str(canary), "relative": "./canary", "plain": "canary", "home": "~/canary", "hub": "canary/x"}
    name = names[kind]
    encoder = load_encoder(str(canary))
    ragqa.build(docs, tmp_path / "i", Config(index=IndexConfig(encoder=name)), encoder=encoder)
    others = [("search", "Where?"), ("chat",), ("ask", "Where?", "--explain"), ("info",)]
    for line in [("ask", "Where?"), *(others if kind == "absolute" else ())]:
        done = watched(*line, "-i", "i", cwd=tmp_path)
        assert "TOUCHED" not in done.stdout and done.returncode == (0 if line == ("info",) else 2), done.stderr
        if line != ("info",):
            assert len(done.stderr.splitlines()) == 1 and "--encoder" in done.stderr and name in done.stderr
    done = watched("index", "docs", "-o", "i", cwd=tmp_path)
    assert (
        done.returncode == 2
        and "TOUCHED" not in done.stdout
        and f"--encoder '{name}'".replace("'", "") in (done.stderr.replace("'", ""))
    )
    if kind != "hub":
        assert "TOUCHED" in watched("ask", "Where?", "-i", "i", "--encoder", name, cwd=tmp_path).stdout


def test_named_by_the_user_it_is_loaded(docs, canary, tmp_path):
    config = Config(index=IndexConfig(encoder=str(canary)))
    ragqa.build(docs, tmp_path / "i", config)
    for load in (lambda: ragqa.Pipeline.load(tmp_path / "i"), lambda: ragqa.build(docs, tmp_path / "i")):
        with pytest.raises(ConfigError, match="name it, with --encoder"):
            load()
    assert ragqa.Pipeline.load(tmp_path / "i", config).search("Where?", 1)
    assert ragqa.Pipeline.load(tmp_path / "i", encoder=load_encoder(str(canary))).search("Where?", 1)
    assert not ragqa.build(docs, tmp_path / "i", config).committed
    with pytest.raises(FingerprintMismatch):
        ragqa.Pipeline.load(tmp_path / "i", encoder=HashEncoder())


def test_an_update_goes_on_with_the_same_name_or_changes_to_another(docs, canary, tmp_path):
    done = watched("index", "docs", "-o", "i", "--encoder", "canary", "--words", "50", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = watched("index", "docs", "-o", "i", "--encoder", "canary", cwd=tmp_path)
    assert "nothing changed" in done.stdout, "other settings are those of the index"
    done = watched("index", "docs", "-o", "i", "--set", "index.encoder=canary", cwd=tmp_path)
    assert "nothing changed" in done.stdout
    done = watched("index", "docs", "-o", "i", "--encoder", "default", cwd=tmp_path)
    assert done.returncode == 0 and "TOUCHED" not in done.stdout
    assert ragqa.Snapshot.open(tmp_path / "i").manifest.config.encoder == "default"
    assert ragqa.Snapshot.open(tmp_path / "i").manifest.config.split.words == 50
    done = watched("ask", "Where does the Rhine rise?", "-i", "i", cwd=tmp_path)
    assert done.returncode == 0 and "TOUCHED" not in done.stdout


def test_the_rule():
    packaged, theirs = load_encoder().fingerprint, EncoderFact("theirs", "x-1", 384)
    assert encoder_name(EncoderFact("default", packaged, 384), "i") == "default"
    assert encoder_name(EncoderFact("/elsewhere", packaged, 384), "i") == "default", "the same by another name"
    assert encoder_name(EncoderFact("default", packaged, 384), "i", "mine") == "mine"
    assert encoder_name(theirs, "i", "mine") == "mine"
    with pytest.raises(ConfigError, match=r"--encoder 'a; rm -rf b' "):  # safe to copy
        encoder_name(EncoderFact("a; rm -rf b", "x-1", 384), "i")


def test_a_partner_that_is_a_question_encoder_is_refused(canary):
    """Such a card could name itself, and loading would never end."""
    card = json.loads((canary / CARD).read_text())
    own = {"kind": "question-encoder", "passages": ".", "passages_fingerprint": card["fingerprint"]}
    (canary / CARD).write_text(json.dumps({**card, **own}))
    with pytest.raises(ModelError, match="names a question encoder"):
        load_encoder(str(canary)).encode_passages([Passage("p", "d", "x", "", 0, 1)])
