"""Documents of several languages in one index (index.language = "auto"), and indexes of earlier analyzers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.writing import CONFIG

from ragqa.corpus import analyze
from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.documents import LANGUAGE, Document
from ragqa.errors import IndexFormatError
from ragqa.index.repair import repair
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, delete, update, upsert
from ragqa.testing import HashEncoder

AUTO = replace(CONFIG, language="auto")
ENGLISH = Document("en", "The runners were running through the old town, and the houses of the town are old.")
GERMAN = Document("de", "Die Häuser der alten Stadt stehen seit vielen Jahren leer, und der Handel ist am Boden.")
CHINESE = Document("zh", "大桥经过四年的施工，于五月通车。软件由台湾的公司开发。")
THAI = Document("th", "สะพานเปิดให้สัญจรในเดือนพฤษภาคมหลังจากก่อสร้างสี่ปี")
ROW = Document("row", "size: 12; colour: blue")
ALL = [ENGLISH, GERMAN, CHINESE, THAI, ROW]


@pytest.fixture(params=["tantivy", "rank-bm25"])
def mixed(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    update(tmp_path / "index", replace(AUTO, lexical=request.param), HashEncoder(), ALL)
    return tmp_path / "index"


def found(index: Path, question: str) -> list[str]:
    snapshot = Snapshot.open(index)
    rows = snapshot.lexical.search([question], 10, snapshot.allowed()).rows[0]
    return list(dict.fromkeys(passage.doc_id for passage in snapshot.passages(rows[rows >= 0])))


def languages(index: Path) -> dict[str, object]:
    snapshot = Snapshot.open(index)
    return {name: snapshot.document(name).meta[LANGUAGE] for _, name, _, _ in snapshot.identities()}  # type: ignore[union-attr]


def test_each_document_is_found_by_the_analyzer_of_its_language(mixed: Path) -> None:
    assert languages(mixed) == {"en": "en", "de": "de", "zh": "zh", "th": "th", "row": "simple"}
    assert found(mixed, "runs") == ["en"]
    assert found(mixed, "Haus") == ["de"]
    assert found(mixed, "軟件") == ["zh"]
    assert found(mixed, "เปิดสะพาน") == ["th"]
    assert found(mixed, "blue") == ["row"]
    assert verify(mixed) == []


def test_a_stop_word_of_one_language_is_a_word_of_another(tmp_path: Path) -> None:
    dies = Document("dies", "Those who were born in winter may well die in summer, as the old people of this town say.")
    update(tmp_path / "index", AUTO, HashEncoder(), [dies, GERMAN])
    assert found(tmp_path / "index", "die") == ["dies"]  # not GERMAN, where it is the article


def test_a_term_that_two_analyzers_share_counts_once(mixed: Path, tmp_path: Path) -> None:
    lexical = "tantivy" if Snapshot.open(mixed).manifest.lexical else "rank-bm25"
    update(tmp_path / "two", replace(AUTO, lexical=lexical), HashEncoder(), [ROW, ENGLISH, GERMAN])
    update(tmp_path / "one", replace(AUTO, lexical=lexical), HashEncoder(), [ROW])
    for name in ("two", "one"):
        snapshot = Snapshot.open(tmp_path / name)
        (row,) = [row for row in range(snapshot.rows) if snapshot.passages(np.array([row]))[0].doc_id == "row"]
        parts = snapshot.lexical.contributions("blue", [row])
        assert set(parts) == {"blue"}
        score = float(snapshot.lexical.search(["blue"], 1, snapshot.allowed()).scores[0, 0])
        assert score == pytest.approx(float(parts["blue"][0]))


def test_only_languages_that_are_there_are_asked_for(tmp_path: Path) -> None:
    update(tmp_path / "index", AUTO, HashEncoder(), [ENGLISH])
    assert [one.language for one in Snapshot.open(tmp_path / "index").lexical._builder._readings._analyzers] == ["en"]  # type: ignore[attr-defined]
    assert found(tmp_path / "index", "running houses") == ["en"]


def test_synonyms_hold_in_every_language(tmp_path: Path) -> None:
    rules = parse_synonyms("NYC, town\nWohnung, Häuser", "s", get_analyzer("auto"))
    update(tmp_path / "index", AUTO, HashEncoder(), ALL, synonyms=rules)
    assert found(tmp_path / "index", "NYC") == ["en"]
    assert found(tmp_path / "index", "Wohnungen") == ["de"]


def test_updates_touch_nothing_that_is_the_same(mixed: Path) -> None:
    config = Snapshot.open(mixed).manifest.config
    again = update(mixed, config, HashEncoder(), ALL)
    assert not again.committed and again.unchanged == len(ALL)
    turned = replace(ENGLISH, text=GERMAN.text + " Mehr gibt es dazu nicht zu sagen.")
    assert update(mixed, config, HashEncoder(), [turned, *ALL[1:]]).changed == 1
    assert languages(mixed)["en"] == "de"
    assert set(found(mixed, "Haus")) == {"en", "de"}


def test_another_language_setting_analyses_everything_anew(mixed: Path) -> None:
    report = update(mixed, replace(Snapshot.open(mixed).manifest.config, language="simple"), HashEncoder(), ALL)
    assert report.rebuilt
    assert found(mixed, "Haus") == [] and found(mixed, "Häuser") == ["de"]


def test_documents_of_a_program_merging_and_repair(tmp_path: Path) -> None:
    index = tmp_path / "index"
    upsert(index, AUTO, HashEncoder(), ALL[:3])
    upsert(index, AUTO, HashEncoder(), ALL[3:])
    delete(index, ["th"])
    compact(index)
    assert languages(index) == {"en": "en", "de": "de", "zh": "zh", "row": "simple"}
    lexical = index / "generations" / f"{Snapshot.open(index).generation:06}" / "lexical"
    next(lexical.glob("*.term")).write_bytes(b"")
    repair(index, load=lambda _: HashEncoder(), unusable=lambda _: "")
    assert found(index, "Haus") == ["de"] and found(index, "軟件") == ["zh"]
    assert verify(index) == []


def test_an_index_of_an_earlier_analyzer_is_read_merged_and_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, chinese = tmp_path / "index", replace(CONFIG, language="zh")
    with monkeypatch.context() as earlier:
        earlier.setitem(analyze._REVISIONS, "zh", 1)
        update(index, chinese, HashEncoder(), [CHINESE, ENGLISH])
    assert found(index, "软件") == ["zh"] and found(index, "軟件") == []
    delete(index, ["en"])
    compact(index)
    assert found(index, "软件") == ["zh"] and found(index, "軟件") == []
    assert Snapshot.open(index).manifest.analyzer == "zh-jieba-1"
    assert update(index, chinese, HashEncoder(), [CHINESE]).rebuilt
    assert found(index, "軟件") == ["zh"]


def test_an_analyzer_that_is_not_known_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setitem(analyze._REVISIONS, "zh", 9)
        update(tmp_path / "index", replace(CONFIG, language="zh"), HashEncoder(), [CHINESE])
    with pytest.raises(IndexFormatError, match="zh-jieba-9, now there is zh-jieba-2; run ragqa index"):
        _ = Snapshot.open(tmp_path / "index").lexical
