"""Repairing, copying and packing as a user does it."""

from __future__ import annotations

import json

QUESTION = "Who discovered penicillin?"


def reply(ragqa, index):
    found = json.loads(ragqa("ask", "-i", index, "--json", QUESTION).stdout)
    return {name: value for name, value in found.items() if name != "timings"}


def quoted(found):
    return [(answer["text"], answer["document_span"], answer["passage"]["doc_id"]) for answer in found["answers"]]


def test_a_packed_index_is_asked_in_place(ragqa, own_index, tmp_path):
    packed = tmp_path / "kb.ragqa"
    told = json.loads(ragqa("pack", own_index, packed, "--json").stdout)
    assert told["bytes"] == packed.stat().st_size and told["generation"] == 1
    expected = reply(ragqa, own_index)
    assert reply(ragqa, packed) == expected and expected["answers"][0]["text"] == "Alexander Fleming"
    assert ragqa("verify", "-i", packed).stdout.endswith("whole\n")
    assert json.loads(ragqa("info", "-i", packed, "--json").stdout)["documents"] == told["documents"]
    assert "penicillin" in ragqa("search", "-i", packed, "penicillin", "-k", "1").stdout
    for command in (["index", own_index.parent, "-o"], ["compact", "-i"], ["repair", "-i"]):
        assert "ragqa unpack" in ragqa(*command, packed, code=2).stderr
    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps({"question": QUESTION, "answers": ["Alexander Fleming"]}))
    assert "ragqa unpack" in ragqa("calibrate", "-i", packed, "--questions", questions, code=2).stderr
    assert "kb2: " in ragqa("unpack", packed, "kb2", cwd=tmp_path).stdout
    assert reply(ragqa, tmp_path / "kb2") == expected


def test_a_file_cut_off_is_one_line(ragqa, own_index, tmp_path):
    packed = tmp_path / "kb.ragqa"
    ragqa("pack", own_index, packed)
    packed.write_bytes(packed.read_bytes()[:-700])
    assert "fetch or pack it again" in ragqa("ask", "-i", packed, QUESTION, code=5).stderr


def test_a_copy(ragqa, own_index, tmp_path):
    told = json.loads(ragqa("copy", own_index, tmp_path / "new", "--json").stdout)
    assert told["documents"] == 50 and reply(ragqa, tmp_path / "new") == reply(ragqa, own_index)
    assert "holds an index already" in ragqa("copy", own_index, tmp_path / "new", code=2).stderr
    linked = tmp_path / "linked"
    ragqa("copy", own_index, linked, "--links")
    shared = {
        index: next(iter(index.rglob("passages.arrow"))).stat().st_ino
        for index in (own_index, tmp_path / "new", linked)
    }
    assert shared[linked] == shared[own_index] != shared[tmp_path / "new"]


def test_a_repair(ragqa, own_index):
    expected = reply(ragqa, own_index)
    assert ragqa("repair", "-i", own_index).stdout.endswith("whole (50 documents, 105 passages; generation 1)\n")
    for name in ("passages.arrow", "calibration.json"):
        path = next(iter(own_index.rglob(name)), own_index / name)
        path.write_bytes(b"spoilt")
    assert "damaged" in ragqa("verify", "-i", own_index, code=5).stdout
    planned = json.loads(ragqa("repair", "-i", own_index, "--dry-run", "--json").stdout)
    told = ragqa("repair", "-i", own_index).stdout
    assert planned["dry_run"] and len(planned["damage"]) == 2 and planned["lost"] == 0
    assert all(f"repair: {step}" in told for step in planned["steps"]) and "repaired" in told
    assert ragqa("verify", "-i", own_index).stdout.endswith("whole\n")
    assert quoted(reply(ragqa, own_index)) == quoted(expected)  # an index does not keep where tables must not be cut
    for path in own_index.glob("segments/*/documents.arrow"):
        path.unlink()
    assert "nothing of it can be saved" in ragqa("repair", "-i", own_index, code=5).stderr
