"""The log of questions: what is asked and said goes in, what can be learnt comes out. Off unless asked for."""

from __future__ import annotations

import json
import stat
import threading

import pytest
from support.served import CHUR, key, town, write
from support.serving import serving

import ragqa as api
from ragqa.errors import ConfigError, ServiceError, SourceError, StorageError
from ragqa.judging.questions import read_questions
from ragqa.serve.keys import KeyFile
from ragqa.serve.questionlog import Entry, QuestionLog, labelled, read_log, unanswered
from ragqa.serve.redaction import redacted


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    pytest.importorskip("fastapi", reason="needs ragqa[serve]")
    folder = tmp_path_factory.mktemp("logged")
    write(folder / "towns", ("Altdorf", "a"), ("Chur", "b"))
    key_file = KeyFile(folder / "keys.json")
    (_, all_of), (_, some) = key_file.create("all"), key_file.create("some", where=["team=a"])
    log = folder / "asked.jsonl"
    with serving({"towns": folder / "towns"}, keys=str(folder / "keys.json"), questions=str(log)) as (url, _):
        yield url, all_of, some, log


def test_questions_and_verdicts_are_logged_and_exported(logged, ragqa, tmp_path):
    url, all_of, _, log = logged
    with api.Client(url, all_of) as client:
        reply = client.ask(CHUR, min_score=0)
        assert client.ask("Who sleeps?", min_score=1.0).answers == ()
        answer = reply.answers[0]
        client.feedback(CHUR, "wrong", answer)
        client.feedback(CHUR.lower(), "right", "Ilse Brandt")
        client.feedback("Who painted the bridge?", "none")
    entries = list(read_log(log))
    assert [entry.verdict for entry in entries] == [None, None, "wrong", "right", "none"]
    first = entries[0]
    assert first.question == CHUR and first.answered and first.answer == answer.text and first.index == "towns"
    assert town("Chur", "b").text[first.start : first.end] == first.answer and first.document == "Chur" and first.key
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    done = ragqa("log", "export", log, "-o", tmp_path / "l.jsonl", "--unanswered", tmp_path / "u.jsonl")
    assert "2 questions, 1 answered; said to be right 1, wrong 1, without an answer 1" in done.stderr
    questions = list(read_questions(tmp_path / "l.jsonl"))
    assert [(one.text, one.answers, one.answerable) for one in questions] == [
        (CHUR, ("Ilse Brandt",), True),
        ("Who painted the bridge?", (), False),
    ]
    (left,) = map(json.loads, (tmp_path / "u.jsonl").read_text().splitlines())
    assert left["question"] == "Who sleeps?" and left["times"] == 1 and left["why"] == "no answer"


def test_a_place_must_be_right_and_visible(logged):
    url, all_of, some, log = logged
    before = len(list(read_log(log)))
    with api.Client(url, all_of) as client, api.Client(url, some) as limited:
        answer = client.ask(CHUR, min_score=0).answers[0]
        wrong = {"question": CHUR, "verdict": "right", "answer": "x", "document": "Chur", "start": 0, "end": 1}
        for body in (wrong, {**wrong, "verdict": "maybe"}, {"question": CHUR, "verdict": "right"}):
            with pytest.raises(ConfigError):
                client._send("POST", "/v1/feedback", body)
        with pytest.raises(SourceError, match="no such document"):
            limited.feedback(CHUR, "right", answer)
    assert len(list(read_log(log))) == before + 1, "the question alone"


def test_without_a_log_nothing_is_kept(open_service):
    with api.Client(open_service.url) as client, pytest.raises(ServiceError, match="keeps no log"):
        client.feedback(CHUR, "none")


def test_feedback_needs_a_key_that_may_ask(keyed_service):
    token = key(keyed_service, "search")["Authorization"].split()[1]
    with api.Client(keyed_service.url, token, index="towns") as client, pytest.raises(ServiceError, match="action ask"):
        client.feedback(CHUR, "none")


def entry(question: str, verdict=None, **more):
    return Entry("2026-01-01", more.pop("index", "a"), question, verdict=verdict, **more)


def test_lines_of_many_threads_do_not_mix_and_files_rotate(tmp_path):
    log = QuestionLog(tmp_path / "log.jsonl", rotated=20_000)
    threads = [
        threading.Thread(target=lambda n=n: [log.add(entry(f"Question {n} {m} " + "é" * 50)) for m in range(100)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [one.question.split()[1:3] for one in read_log(tmp_path / "log.jsonl")]
    assert sorted(found) == sorted([str(n), str(m)] for n in range(4) for m in range(100))
    for n in range(4):
        assert [one for one in found if one[0] == str(n)] == [[str(n), str(m)] for m in range(100)]
    assert (tmp_path / "log.jsonl.2").exists()


def test_what_is_redacted_is_never_written_and_teaches_nothing(tmp_path):
    log = QuestionLog(tmp_path / "log.jsonl", clean=redacted)
    who, paid = "Whose address is ann@example.org?", "Who paid with 4111 1111 1111 1111?"
    log.add(entry(who, "right", answer="Ann", document="d"))
    log.add(entry(paid, answered=True, answer="030 1234567", document="ann@example.org.eml"))
    log.add(entry("Who built it in 1900?", "right", answer="Ilse", document="call 030 1234567.txt"))
    log.add(entry("Who built it in 1900?", "right", answer="call 030 1234567", document="e"))
    log.add(entry("Which number?", "none"))
    text = (tmp_path / "log.jsonl").read_text()
    assert "@" not in text and "1111" not in text and "1234567" not in text
    first, second, *_ = read_log(tmp_path / "log.jsonl")
    assert first.question == "Whose address is [e-mail]?" and second.answer == "[phone]"
    assert labelled(list(read_log(tmp_path / "log.jsonl"))) == [
        {"question": "Who built it in 1900?", "answers": ["Ilse"]},
        {"question": "Which number?", "answers": []},
    ]


def test_a_half_written_last_line_is_passed_over_and_others_are_told(tmp_path):
    log = QuestionLog(tmp_path / "log.jsonl")
    log.add(entry("Who?"))
    with (tmp_path / "log.jsonl").open("ab") as file:
        file.write(b'{"time": "2026')
    assert len(list(read_log(tmp_path / "log.jsonl"))) == 1
    with (tmp_path / "log.jsonl").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(SourceError, match="line 2 is no entry"):
        list(read_log(tmp_path / "log.jsonl"))
    with pytest.raises(SourceError, match="no log of questions"):
        list(read_log(tmp_path / "other.jsonl"))


def test_an_entry_is_not_appended_to_one_that_was_left_half_written(tmp_path):
    path = tmp_path / "log.jsonl"
    QuestionLog(path).add(entry("Who?"))
    with path.open("ab") as file:
        file.write(path.read_bytes()[:30])
    QuestionLog(path).add(entry("When?"))
    assert [one.question for one in read_log(path)] == ["Who?", "When?"]
    other = tmp_path / "other.txt"
    other.write_text("a file of somebody else's, which a wrong option names")
    QuestionLog(other).add(entry("Where?"))
    assert other.read_text().startswith("a file of somebody else's, which a wrong option names")


def test_where_the_disk_is_full_no_part_of_an_entry_is_left(tmp_path):
    resource = pytest.importorskip("resource", reason="limits of a process are those of POSIX")
    path = tmp_path / "log.jsonl"
    log = QuestionLog(path)
    log.add(entry("Who?"))
    whole = path.read_bytes()
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 20, most[1]))  # a write ends there, as on a full disk
    try:
        with pytest.raises(StorageError, match="the disk is full"):
            log.add(entry("When?"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert path.read_bytes() == whole
    log.add(entry("Where?"))
    assert [one.question for one in read_log(path)] == ["Who?", "Where?"]


def test_later_verdicts_take_the_place_of_earlier_ones():
    said = [entry("Who?", "right", answer="A", document="d"), entry("who? ", "wrong", answer="A")]
    assert labelled(said) == [] and [one["why"] for one in unanswered(said)] == ["said to be wrong"]
    assert labelled([*said, entry("Who?", "right", answer="B")]) == [{"question": "Who?", "answers": ["B"]}]
    both = [entry("Who?", "right", answer="A", document="d"), entry("Who?", "right", answer="B", document="e")]
    assert labelled(both) == [{"question": "Who?", "answers": ["A", "B"], "docs": ["d", "e"]}]
    assert labelled([*both, entry("Who?", "none")]) == [{"question": "Who?", "answers": []}]
    assert labelled([entry("Who?", "right", answer="A"), entry("Who?", "none", index="b")])[0]["answers"] == ["A"]
    asked_often = [entry("a"), entry("b"), entry("b"), entry("c", answered=True)]
    assert [(one["question"], one["times"]) for one in unanswered(asked_often)] == [("b", 2), ("a", 1)]
