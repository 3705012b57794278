"""Ways to read small files that a test writes, and to say what was read."""

import gzip
import os

from ragqa.config import SplitConfig
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.limits import Limits
from ragqa.corpus.read import read_documents
from ragqa.corpus.split import split


def write(path, content):
    """Write a text or bytes, compressed if the file is named so."""
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def here(path, **limits):
    """What a file holds, read in this process."""
    return list(read_file(SourceFile(path, path.name, limits=Limits(**limits))))


def items(path, content, **limits):
    """Documents and problems of a file of this content, read in this process."""
    write(path, content)
    return here(path, **limits)


def documents(path, content):
    """The documents of a file that has no problem."""
    found = items(path, content)
    assert not [item for item in found if isinstance(item, Problem)], found
    return found


def read_lines(path, content):
    """The document of a file, whose text must have as many lines as the file, and the reasons of the problems."""
    found = items(path, content)
    (document,) = [item for item in found if not isinstance(item, Problem)]
    assert document.text.count("\n") == content.count("\n") and document.line == 1
    return document, [item.reason for item in found if isinstance(item, Problem)]


def said(document):
    """(heading, text on one line) of the passages."""
    return [(heading, text) for heading, _, text in said_on_lines(document)]


def said_on_lines(document, words=120):
    """(heading, line, text on one line) of the passages."""
    return [(p.heading, p.line, " ".join(p.text.split())) for p in split(document, SplitConfig(words))]


def read_paths(*paths):
    """Documents, and (source, reason) of the problems, of files and folders read as `ragqa index` does."""
    problems = []
    return list(read_documents(paths, problems.append)), [(p.source, p.reason) for p in problems]


def one(path, content):
    """The one document of a file that has no problem, read as `ragqa index` does."""
    write(path, content)
    found, problems = read_paths(path)
    assert not problems
    assert len(found) == 1
    return found[0]


def read_beside_good(folder, **options):
    """Texts by id, and reasons by name, of a folder that gets a good file; the good one's is checked and left out."""
    (folder / "zz-good.txt").write_text("good")
    problems = []
    found = {d.id: d for d in read_documents([folder], problems.append, **options)}
    assert found.pop("zz-good.txt").text == "good"
    return found, {os.path.relpath(p.source, folder): p.reason for p in problems}
