"""Walking, ids, damage, laziness."""

import gzip
import os
from collections import Counter
from pathlib import Path

import pytest

from ragqa.corpus import formats
from ragqa.corpus.read import Limits, read_documents
from ragqa.documents import file_of
from ragqa.errors import SourceError


def write(root, names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}")


def read(*sources, **options):
    problems = []
    return list(read_documents(sources, problems.append, **options)), problems


def test_folders_are_walked_in_order_without_hidden_and_unknown_files(tmp_path):
    write(tmp_path, ["b.txt", "a/z.txt", "a/.x.txt", ".git/y.txt", "c.xyz", "A.TXT", "a/~$w.docx", "a.b/c.txt"])
    documents, problems = read(tmp_path)
    assert [d.id for d in documents] == ["A.TXT", "a/z.txt", "a.b/c.txt", "b.txt"]
    assert [d.source for d in documents][1] == str(tmp_path / "a" / "z.txt")
    assert not problems


def test_source_is_the_path_as_given(tmp_path, monkeypatch):
    write(tmp_path, ["docs/a.txt"])
    monkeypatch.chdir(tmp_path)
    assert [(d.id, d.source) for d in read("docs")[0]] == [("a.txt", str(Path("docs", "a.txt")))]
    assert [(d.id, d.source) for d in read("docs/a.txt")[0]] == [("a.txt", str(Path("docs", "a.txt")))]


def test_links_do_not_loop_and_nothing_is_read_twice(tmp_path):
    write(tmp_path, ["a/x.txt", "b/y.txt"])
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b" / "z.txt").symlink_to(tmp_path / "b" / "y.txt")
    (tmp_path / "b" / "gone.txt").symlink_to(tmp_path / "nowhere")
    documents, problems = read(tmp_path, tmp_path / "a" / "x.txt", tmp_path)
    assert sorted(d.text for d in documents) == ["text of a/x.txt", "text of b/y.txt"]
    assert not problems


def test_equal_names_in_several_sources_are_told_apart(tmp_path):
    write(tmp_path, ["one/a.txt", "one/b.txt", "two/a.txt", "p/x/docs/k.txt", "q/x/docs/k.txt"])
    sources = [tmp_path / "one", tmp_path / "two" / "a.txt", tmp_path / "p/x/docs", tmp_path / "q/x/docs"]
    expected = {"one/a.txt", "b.txt", "two/a.txt", "p/x/docs/k.txt", "q/x/docs/k.txt"}
    assert {d.id for d in read(*sources)[0]} == expected
    assert {d.id for d in read(*sources[::-1])[0]} == expected


def test_missing_source_is_an_error_at_once(tmp_path):
    with pytest.raises(SourceError, match=r"nothere: no such file"):
        read_documents([tmp_path / "nothere"], print)


def test_unknown_format_is_a_problem_only_when_named(tmp_path):
    write(tmp_path, ["a.xyz", "b.pdf.gz"])
    assert read(tmp_path) == ([], [])
    _, problems = read(tmp_path / "a.xyz", tmp_path / "b.pdf.gz")
    assert [p.source for p in problems] == [str(tmp_path / "a.xyz"), str(tmp_path / "b.pdf.gz")]
    assert [p.reason.split(";")[0] for p in problems] == ["unknown format (.xyz)", "unknown format (.pdf.gz)"]


def test_damage_is_reported_and_the_rest_read(tmp_path):
    write(tmp_path, ["z.txt"])
    packed = gzip.compress(b'{"text": "whole line"}\n' * 1000 + os.urandom(5000))
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[:-200])
    (tmp_path / "cut.txt.gz").write_bytes(packed[:-200])
    (tmp_path / "not.txt.gz").write_text("plain")
    (tmp_path / "binary.txt").write_bytes(b"\x7fELF\x02\x01\x01\x00\x00\x01\x88")
    (tmp_path / "empty.md").write_text(" \n\t\n")
    documents, problems = read(tmp_path)
    assert [d.id for d in documents] == ["z.txt"]
    assert {p.source.rsplit("/", 1)[-1]: p.reason.split(" (")[0] for p in problems} == {
        "binary.txt": "not text",
        "cut.jsonl.gz": "damaged gzip file",
        "cut.txt.gz": "damaged gzip file",
        "empty.md": "no text",
        "not.txt.gz": problems[-1].reason.split(" (")[0],
    }
    assert "gzip" in problems[-1].reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_and_folder(tmp_path):
    write(tmp_path, ["a.txt", "b/c.txt", "d.txt"])
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "b").chmod(0)
    documents, problems = read(tmp_path)
    (tmp_path / "b").chmod(0o700)
    assert [d.id for d in documents] == ["d.txt"]
    assert len(problems) == 2


def test_decompression_bomb(tmp_path):
    for name in ("bomb.txt.gz", "bomb.csv.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b" " * (1 << 24)))
    (tmp_path / "fine.txt.gz").write_bytes(gzip.compress(b"fine " + os.urandom(1 << 20).hex().encode()))
    documents, problems = read(tmp_path, limits=Limits(unpacked_mb=1))
    assert [d.id for d in documents] == ["fine.txt.gz"]
    assert len(problems) == 2
    assert all("unpacks to more than" in p.reason for p in problems)


def test_same_id_twice(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "x", "text": "1"}\n{"id": "x", "text": "2"}\n')
    documents, problems = read(tmp_path)
    assert [d.text for d in documents] == ["1"]
    assert [p.source for p in problems] == [f"{tmp_path / 'a.jsonl'}:2"]
    assert problems[0].reason == f"same id as a document of {tmp_path / 'a.jsonl'}: x"


def test_own_ids_of_several_files_are_told_apart_by_the_file(tmp_path):
    for year in (2022, 2023, 2024):
        (tmp_path / f"{year}.csv").write_text(f"id,text\n1,won by {year}\n2,lost by {year}\n")
    (tmp_path / "2024.csv").write_text("id,text\n1,one\n2,two\n1,three\n")
    documents, problems = read(tmp_path)
    assert [d.id for d in documents] == ["1", "2", "2023.csv#id=1", "2023.csv#id=2", "2024.csv#id=1", "2024.csv#id=2"]
    assert [d.text for d in documents][-2:] == ["one", "two"]
    assert [p.source for p in problems] == [f"{tmp_path / '2024.csv'}:4"]


def test_what_is_passed_over_is_counted_by_endings(tmp_path):
    write(tmp_path, ["a.txt", "b.xyz", "c/d.XYZ", "f.pdf.gz"])
    (tmp_path / "e").write_bytes(b"\x7fELF\0\0\1")
    passed = Counter()
    assert len(read(tmp_path, passed=passed)[0]) == 1
    assert passed == {".xyz": 2, "no ending": 1, ".pdf.gz": 1}


def test_names_without_an_ending_are_read_if_they_are_text(tmp_path):
    write(tmp_path, ["README", "docker/Dockerfile"])
    (tmp_path / "NOTES").write_bytes("Größe: zwölf".encode("cp1252"))
    (tmp_path / "LICENCE.gz").write_bytes(gzip.compress(b"Use it as you like."))
    (tmp_path / "program").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8bxyz")
    (tmp_path / "empty").write_bytes(b"")
    passed = Counter()
    documents, problems = read(tmp_path, passed=passed)
    assert [d.id for d in documents] == ["LICENCE.gz", "NOTES", "README", "docker/Dockerfile"]
    assert not problems and passed == {"no ending": 2, ".gz": 1}
    _, problems = read(tmp_path / "program")
    assert [p.reason.split(";")[0] for p in problems] == ["unknown format (no ending)"]


def test_logs_and_settings_are_read_as_they_stand(tmp_path):
    for name in ("a.log", "b.text", "c.yaml", "d.yml", "e.toml"):
        (tmp_path / name).write_text("port: 8080  # of the mill\n")
    documents, problems = read(tmp_path)
    assert {d.text for d in documents} == {"port: 8080  # of the mill\n"} and not problems
    assert [d.title for d in documents] == ["", "", "c.yaml", "d.yml", "e.toml"]


def test_an_index_among_the_sources_is_not_read(tmp_path):
    index = ["i/CURRENT", "i/generations/000001/manifest.json", "i/notes.txt"]
    begun = ["j/LOCK", "j/segments/1/a.txt"]
    write(tmp_path, ["a.txt", *index, *begun, "generations/b.txt", "k/CURRENT", "k/c.txt"])
    documents, problems = read(tmp_path)
    assert [d.id for d in documents] == ["a.txt", "generations/b.txt", "k/CURRENT", "k/c.txt"]
    assert [(p.source, p.unread) for p in problems] == [(str(tmp_path / "i"), False), (str(tmp_path / "j"), False)]


def test_a_missing_extra_is_named_and_its_files_stay(tmp_path, monkeypatch):
    write(tmp_path, ["a.txt", "b.xlsx", "c.xlsx"])
    monkeypatch.setattr(formats, "_is_there", lambda module: module != "openpyxl")
    documents, problems = read(tmp_path)
    assert [d.id for d in documents] == ["a.txt"]
    assert [(Path(p.source).name, p.unread) for p in problems] == [("b.xlsx", True), ("c.xlsx", True)]
    assert len({p.reason for p in problems}) == 1 and "ragqa[files]" in problems[0].reason


def test_places_in_files():
    files = ["a.txt", "a#1.csv", "b c.xlsx", "d:e/f.txt"]
    places = ["", ":7", "#page=3", "#slide=12", "#sheet=Prices%20A:4", "#cell=1", "#message=9", "#chapter=2"]
    assert [file_of(file + place) for file in files for place in places] == [file for file in files for _ in places]


def test_reading_is_lazy(tmp_path):
    write(tmp_path, ["a.txt", "b.txt"])
    documents = read_documents([tmp_path], print)
    assert next(documents).id == "a.txt"
    (tmp_path / "b.txt").write_text("changed")
    assert next(documents).text == "changed"


def test_a_name_that_is_no_unicode(tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")
    try:
        Path(name).write_text("text")
    except OSError:
        pytest.skip("this file system has Unicode names only")
    documents, problems = read(tmp_path)
    assert not documents
    assert "not valid Unicode" in problems[0].reason
    problems[0].source.encode()


def test_links_that_leave_the_folder_are_named_and_followed_only_when_asked(tmp_path):
    write(tmp_path, ["docs/a.txt", "docs/sub/b.txt", "secret/c.txt", "secret/d.xyz"])
    docs = tmp_path / "docs"
    (docs / "inside.txt").symlink_to(docs / "sub" / "b.txt")
    (docs / "folder").symlink_to(tmp_path / "secret", target_is_directory=True)
    (docs / "up").symlink_to("..", target_is_directory=True)
    (docs / "e.txt").symlink_to(tmp_path / "secret" / "c.txt")
    documents, problems = read(docs)
    assert [d.id for d in documents] == ["a.txt", "inside.txt"]
    assert [p.source for p in problems] == [str(docs / name) for name in ("e.txt", "folder", "up")]
    assert not any(p.unread for p in problems) and all("--follow" in p.reason for p in problems)
    documents, problems = read(docs, follow=True)
    assert [d.id for d in documents] == ["a.txt", "e.txt", "inside.txt"] and not problems


def test_a_link_from_one_named_folder_into_another_is_inside(tmp_path):
    write(tmp_path, ["one/a.txt", "two/b.txt"])
    (tmp_path / "one" / "link").symlink_to(tmp_path / "two", target_is_directory=True)
    documents, problems = read(tmp_path / "one", tmp_path / "two")
    assert [d.id for d in documents] == ["a.txt", "link/b.txt"] and not problems


def test_a_named_link_is_followed(tmp_path):
    write(tmp_path, ["docs/a.txt"])
    (tmp_path / "link").symlink_to(tmp_path / "docs", target_is_directory=True)
    (tmp_path / "link.txt").symlink_to(tmp_path / "docs" / "a.txt")
    assert [d.id for d in read(tmp_path / "link")[0]] == ["a.txt"]
    assert [d.id for d in read(tmp_path / "link.txt")[0]] == ["link.txt"]


def test_links_that_lead_to_each_other_end(tmp_path):
    write(tmp_path, ["a.txt"])
    (tmp_path / "x.txt").symlink_to(tmp_path / "y.txt")
    (tmp_path / "y.txt").symlink_to(tmp_path / "x.txt")
    (tmp_path / "z").symlink_to(tmp_path / "z")
    documents, problems = read(tmp_path)
    assert [d.id for d in documents] == ["a.txt"] and not problems


@pytest.fixture
def deep_folder(tmp_path):
    """1,200 folders inside one another, with a file in three of them; made and removed step by step, as what removes
    a test's folder does so by recursion.
    """
    back = os.open(".", os.O_RDONLY)
    os.chdir(tmp_path)
    for number in range(1200):
        Path("d").mkdir()
        os.chdir("d")
        if number in (0, 1000, 1199):
            Path("a.txt").write_text(str(number))
    os.fchdir(back)
    yield tmp_path / "d"
    os.chdir(tmp_path)
    for _ in range(1200):
        os.chdir("d")
    for _ in range(1200):
        Path("a.txt").unlink(missing_ok=True)
        os.chdir("..")
        Path("d").rmdir()
    os.fchdir(back)
    os.close(back)


@pytest.mark.skipif(os.name == "nt", reason="paths have 260 characters there")
def test_folders_1200_deep(deep_folder, tmp_path):
    write(tmp_path, ["e/d/a.txt"])
    documents, problems = read(tmp_path, tmp_path / "e")
    assert [d.text for d in documents] == ["0", "1000", "1199", "text of e/d/a.txt"] and not problems
    assert documents[1].id == "d/" * 1001 + "a.txt"
