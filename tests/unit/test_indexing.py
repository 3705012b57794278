"""`ragqa.build` over real files: what stays, what goes, which settings hold."""

from __future__ import annotations

import pytest

import ragqa
from ragqa.config import Config
from ragqa.convert import override
from ragqa.errors import SourceError
from ragqa.testing import HashEncoder


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("The Rhine rises in the Alps.")
    (folder / "b.jsonl").write_text(
        '{"id": "x", "text": "The Elbe is long."}\n{"id": "y", "text": "The Po is short."}\n'
    )
    return folder


def build(folder, index, **options):
    return ragqa.build(folder, index, encoder=HashEncoder(), **options)


def ids(index):
    snapshot = ragqa.Snapshot.open(index)
    return {doc_id for _, doc_id, _, _ in snapshot.identities()}


def test_a_second_run_changes_nothing(folder, tmp_path):
    first = build(folder, tmp_path / "i")
    second = build(folder, tmp_path / "i")
    assert (first.added, first.encoded, first.committed) == (3, 3, True)
    assert (second.unchanged, second.encoded, second.committed, second.generation) == (3, 0, False, 1)


def test_changed_documents_replace_and_vanished_ones_go(folder, tmp_path):
    build(folder, tmp_path / "i")
    (folder / "a.txt").write_text("The Rhine rises in Switzerland.")
    (folder / "b.jsonl").write_text('{"id": "x", "text": "The Elbe is long."}\n')
    report = build(folder, tmp_path / "i")
    assert (report.changed, report.removed, report.unchanged, report.encoded) == (1, 1, 1, 1)
    assert ids(tmp_path / "i") == {"a.txt", "x"}


def test_what_cannot_be_read_keeps_its_last_version(folder, tmp_path):
    build(folder, tmp_path / "i")
    (folder / "b.jsonl").write_text('{"id": "x", "text": "The Elbe is long."}\n{broken\n')
    problems = []
    report = build(folder, tmp_path / "i", problems=problems.append)
    assert len(problems) == 1 and problems[0].unread and problems[0].file.endswith("b.jsonl")
    assert report.kept == 1 and ids(tmp_path / "i") == {"a.txt", "x", "y"}


def test_a_file_beyond_a_limit_keeps_its_last_version(folder, tmp_path):
    build(folder, tmp_path / "i")
    (folder / "a.txt").write_text("The Rhine is long. " * 100_000)
    problems = []
    report = build(folder, tmp_path / "i", limits=ragqa.Limits(file_mb=1), problems=problems.append)
    assert len(problems) == 1 and "larger than 1 MB" in problems[0].reason
    assert report.kept == 1 and ids(tmp_path / "i") == {"a.txt", "x", "y"}


def test_what_was_reached_by_a_link_goes_when_links_are_no_longer_followed(folder, tmp_path):
    (tmp_path / "elsewhere.txt").write_text("The Oder is long.")
    (folder / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    build(folder, tmp_path / "i", follow=True)
    assert ids(tmp_path / "i") == {"a.txt", "link.txt", "x", "y"}
    report = build(folder, tmp_path / "i")
    assert report.removed == 1 and ids(tmp_path / "i") == {"a.txt", "x", "y"}


def test_an_emptied_file_goes(folder, tmp_path):
    build(folder, tmp_path / "i")
    (folder / "a.txt").write_text("  \n")
    problems = []
    report = build(folder, tmp_path / "i", problems=problems.append)
    assert [problem.reason for problem in problems] == ["no text"]
    assert report.removed == 1 and ids(tmp_path / "i") == {"x", "y"}


def test_strict_stops_and_changes_nothing(folder, tmp_path):
    build(folder, tmp_path / "i")
    (folder / "a.txt").write_text("other text")
    (folder / "z.json").write_text("{broken")
    with pytest.raises(SourceError, match=r"z\.json"):
        build(folder, tmp_path / "i", strict=True)
    assert ragqa.Snapshot.open(tmp_path / "i").generation == 1


def test_an_update_keeps_the_settings_it_does_not_name(folder, tmp_path):
    german = override(Config(), {"index.language": "de", "index.split.words": 50})
    build(folder, tmp_path / "i", config=german)
    report = build(folder, tmp_path / "i")
    manifest = ragqa.Snapshot.open(tmp_path / "i").manifest
    assert not report.rebuilt and (manifest.config.language, manifest.config.split.words) == ("de", 50)
    assert build(folder, tmp_path / "i", config=Config()).rebuilt


POLISH = "Most nad rzeką został otwarty w maju i od tego czasu codziennie przejeżdża po nim wiele samochodów. "
ENGLISH = "The bridge over the river was opened in May, and since then many cars have crossed it every day. "
GERMAN = "Die Brücke über den Fluss wurde im Mai eröffnet, und seither fahren täglich viele Autos darüber. "


@pytest.mark.parametrize(
    ("language", "text", "seems"),
    [
        ("en", "大桥于五月通车。", "zh"),
        ("zh", "大桥于五月通车。", ""),
        ("zh", "橋は五月に開通しました。", "ja"),
        ("zh", "The bridge was opened in May.", ""),
        ("auto", "สะพานเปิดให้สัญจรในเดือนพฤษภาคม", ""),
        ("en", "다리는 오월에 개통되었다.", "ko"),
        ("en", POLISH, "pl"),
        ("simple", POLISH, ""),
        ("de", ENGLISH, "en"),
        ("en", ENGLISH, ""),
    ],
)
def test_documents_that_seem_to_be_in_another_language_than_the_index_are_told(language, text, seems, tmp_path):
    (tmp_path / "docs").mkdir()
    for name in "ab":
        (tmp_path / "docs" / f"{name}.txt").write_text(f"{text}{name}", encoding="utf-8")
    (tmp_path / "docs" / "c.txt").write_text("12.5")
    config = override(Config(), {"index.language": language})
    assert build(tmp_path / "docs", tmp_path / "i", config=config).seems == seems


@pytest.mark.parametrize(("language", "seems"), [("en", "auto"), ("auto", "")])
def test_documents_in_several_languages_are_told(language, seems, tmp_path):
    (tmp_path / "docs").mkdir()
    for name, text in {"a": POLISH, "b": GERMAN, "c": ENGLISH, "d": "大桥于五月通车。"}.items():
        (tmp_path / "docs" / f"{name}.txt").write_text(text, encoding="utf-8")
    config = override(Config(), {"index.language": language})
    assert build(tmp_path / "docs", tmp_path / "i", config=config).seems == seems


def test_without_py3langid_scripts_alone_tell(tmp_path, monkeypatch):
    monkeypatch.setattr("ragqa.corpus.detect.find_spec", lambda name: None)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(POLISH, encoding="utf-8")
    assert build(tmp_path / "docs", tmp_path / "i").seems == ""
