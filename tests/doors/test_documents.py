"""``ragqa add`` and ``delete``, filters, and other sources, as a user has them: real processes and real files."""

from __future__ import annotations

import json

LINES = """{"id": "faq-1", "text": "The printer stands on floor 2.", "title": "Printer", "meta": {"team": "ops", "year": 2024}}
{"id": "faq-2", "text": "The coffee machine was bought in 2019.", "meta": {"team": "dev", "year": 2019, "tags": ["a", "b"]}}
{"id": "faq-3", "title": "no text"}
"""  # noqa: E501


def found(ragqa, index, *where):
    conditions = [word for condition in where for word in ("--where", condition)]
    hits = json.loads(ragqa("search", "printer coffee machine", "-k", "50", "--json", "-i", index, *conditions).stdout)
    return {hit["passage"]["doc_id"] for hit in hits}


def test_add_ask_delete(ragqa, tmp_path):
    index, file = tmp_path / "kb", tmp_path / "faq.jsonl"
    done = ragqa("add", "-", "-i", index, "--json", stdin=LINES)
    report = json.loads(done.stdout)
    assert (report["added"], report["documents"], report["committed"]) == (2, 2, True)
    assert report["skipped"] == [{"source": "stdin:3", "reason": 'no field "text"'}]
    assert "skipped stdin:3" in done.stderr
    assert found(ragqa, index, "year>=2020") == {"faq-1"}
    assert found(ragqa, index, "tags=b", "team in ops,dev") == {"faq-2"}
    file.write_text(LINES.splitlines()[0].replace("floor 2", "floor 3") + "\n")
    assert "1 changed" in ragqa("add", file, "-i", index).stdout
    reply = json.loads(ragqa("ask", "Where does the printer stand?", "--json", "--min-score", "0", "-i", index).stdout)
    assert "floor 3" in reply["hits"][0]["passage"]["text"] and reply["hits"][0]["passage"]["meta"]["year"] == 2024
    assert "nothing changed" in ragqa("add", file, "-i", index).stdout
    assert ragqa("delete", "--where", "tem=ops", "-i", index, code=2).stderr.startswith(
        "ragqa: no document has the met"
    )
    assert "1 documents deleted, 1 are left" in ragqa("delete", "--where", "year<2020", "-i", index).stdout
    report = json.loads(ragqa("delete", "faq-1", "faq-9", "-i", index, "--json").stdout)
    assert report == {"index": str(index), "deleted": 1, "documents": 0, "generation": 5}
    assert "whole" in ragqa("verify", "-i", index).stdout
    ragqa("delete", "-i", index, code=2)
    ragqa("delete", "x", "-i", tmp_path / "none", code=4)
    assert not (tmp_path / "none").exists()


def test_other_sources(ragqa, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(f"This is document {name}.")
    ragqa("index", "one", "-o", "kb", cwd=tmp_path)
    said = ragqa("index", "two", "-o", "kb", cwd=tmp_path, code=2).stderr
    assert said == (
        "ragqa: kb: was made from one, now two is named: --add keeps what came from one, --replace lets it go "
        "(documents that are the same are not encoded again)\n"
    )
    assert "2 documents" in ragqa("index", "two", "-o", "kb", "--add", cwd=tmp_path).stdout
    assert "one, two" in ragqa("info", "-i", "kb", cwd=tmp_path).stdout
    assert "1 documents" in ragqa("index", "two", "-o", "kb", "--replace", cwd=tmp_path).stdout
    ragqa("index", "two", "-o", "kb", "--replace", "--add", cwd=tmp_path, code=2)
