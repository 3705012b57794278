"""`ragqa.Client` gives what the library gives in process, and fails as it fails."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import date

import pytest
from support.served import CHUR, holding, key, release, slowly, town, write
from support.serving import serving

import ragqa as api
from ragqa.documents import Document, Section
from ragqa.errors import (
    ConfigError,
    IndexNotFound,
    QuestionError,
    ServiceError,
    SourceError,
    name_of,
    named_kinds,
)
from ragqa.filters import parse_conditions, parse_filter, to_json
from ragqa.testing import HashEncoder, WordReader
from ragqa.types import Reply

SETTINGS = (
    *({}, {"k": 1, "passages": 3}, {"where": {"team": "a"}}, {"min_score": 0.99}, {"all": True}),
    *({"form": "excerpt"}, {"as_typed": True}),
)


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """A read-only service whose index holds a document twice, under different ids."""
    pytest.importorskip("fastapi", reason="needs ragqa[serve]")
    folder = tmp_path_factory.mktemp("copies")
    write(folder / "towns", ("Altdorf", "a"), ("Chur", "b"))
    with api.Index(folder / "towns", encoder=HashEncoder()) as index:
        first = town("Chur", "b")
        index.upsert([replace(first, id=f"copy-{number}", meta={"tags": ["x", 1, True]}) for number in (1, 2)])
    with serving({"towns": folder / "towns"}) as (url, _), api.Client(url) as client, pipeline(folder) as own:
        yield client, own


def pipeline(folder):
    return api.Pipeline.load(folder / "towns", encoder=HashEncoder(), reader=WordReader())


def untimed(reply: Reply) -> Reply:
    return replace(reply, timings={})


def test_explanations_equal_those_of_a_pipeline(copies):
    client, own = copies
    for settings in SETTINGS:
        expected, found = own.explain(CHUR, **settings), client.explain(CHUR, **settings)
        assert replace(found, reply=untimed(found.reply)) == replace(expected, reply=untimed(expected.reply))
    assert found.best is not None and found.score is not None
    assert found.score.probability == pytest.approx(found.best.answer.score)
    with pytest.raises(QuestionError):
        client.explain(" ")


def test_replies_and_hits_equal_those_of_a_pipeline(copies):
    client, own = copies
    for settings in SETTINGS:
        reply = client.ask(CHUR, **settings)
        assert untimed(reply) == untimed(own.ask(CHUR, **settings))
        assert reply.to_dict()["hits"] == own.ask(CHUR, **settings).to_dict()["hits"] and reply.timings["total"] > 0
    reply = client.ask(CHUR)
    assert any(hit.copies for hit in reply.hits), "the index has copies"
    assert any(answer.support for answer in reply.answers) and reply.answers[0].features
    assert client.search(CHUR, 3) == own.search(CHUR, 3)
    assert client.search_many([CHUR, "river"], 1, where={"tags": "x"}) == own.search_many(
        [CHUR, "river"], 1, where={"tags": "x"}
    )
    assert client.language == own.language


def test_a_question_in_steps_gives_its_passages_and_then_the_reply(copies):
    client, own = copies
    for settings in SETTINGS:
        hits, reply = client.stream(CHUR, **settings)
        assert untimed(reply) == untimed(own.ask(CHUR, **settings)) and tuple(hits) == reply.hits
    for wrong, where in ((" ", None), (CHUR, {"nosuch": 1})):
        with pytest.raises(ConfigError) as error:
            list(client.stream(wrong, where=where))
        (expected,) = own.answer([api.Ask(wrong, where)])
        assert type(error.value) is type(expected) and str(error.value) == str(expected)


def test_many_questions_and_a_session(copies):
    client, own = copies
    questions = [CHUR, "Who built the bridge of Altdorf?"] * 9
    assert [untimed(reply) for reply in client.ask_many(questions, k=1)] == [
        untimed(reply) for reply in own.ask_many(questions, k=1)
    ]
    there, here = client.session(), own.session()
    for question in (CHUR, "And of Altdorf?"):
        assert untimed(there.ask(question)) == untimed(here.ask(question))


def test_errors_are_those_of_a_pipeline(copies):
    client, own = copies
    asks = [api.Ask(CHUR), api.Ask(" "), api.Ask(CHUR, risk=7.5), api.Ask(CHUR, where={"nosuch": 1})]
    there, here = client.answer(asks), own.answer(asks)
    assert untimed(there[0]) == untimed(here[0])
    for one, other in zip(there[1:], here[1:], strict=True):
        assert type(one) is type(other) and str(one) == str(other)
    for ask in asks[1:]:
        with pytest.raises(ConfigError) as error:
            client.ask(ask.question, risk=ask.risk, where=ask.where)
        (expected,) = own.answer([ask])
        assert type(error.value) is type(expected) and str(error.value) == str(expected)
    with pytest.raises(QuestionError, match="must be text, not int"):
        client.ask(5)
    with pytest.raises(ConfigError, match="expected a mapping"):
        client.ask(CHUR, where="team")
    with pytest.raises(QuestionError):
        client.ask_many([CHUR, ""])


def test_a_batch_that_finds_no_room_is_sent_in_parts(open_service):
    """The service takes three questions at once, and two may wait."""
    with api.Client(open_service.url) as client:
        replies = client.ask_many([CHUR, *(f"Who built bridge {number}?" for number in range(10))])
    assert len(replies) == 11 and replies[0].question == CHUR


def test_a_full_service_is_asked_again_within_the_time(open_service):
    with holding(open_service):
        others = [
            threading.Thread(target=lambda n=n: open_service.post("/v1/ask", slowly(n, timeout=5)), daemon=True)
            for n in range(5)
        ]
        for other in others:
            other.start()
        wait_until_full(open_service)
        with (
            api.Client(open_service.url, timeout=0.5) as client,
            pytest.raises(ServiceError, match="too many questions"),
        ):
            client.ask(CHUR)
        timer = threading.Timer(0.3, lambda: release(open_service))
        timer.start()
        with api.Client(open_service.url, timeout=30) as client:
            assert client.ask(CHUR).question == CHUR
        for other in others:
            other.join()


def wait_until_full(service):
    end = time.monotonic() + 30
    while service.client.get("/readyz").status_code != 503:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_documents_are_added_read_and_deleted(open_service):
    with api.Client(open_service.url) as client, api.Index(open_service.folder / "towns", encoder=HashEncoder()) as own:
        long = Document("a/b?c", "Ü. " * 90_000, "Long", "long.txt", {"when": date(2020, 1, 2), "tags": ["x", 2]})
        with pytest.raises((ConfigError, ServiceError), match=r"the body has more than|does the service take so much"):
            client.upsert([long])
        short = replace(long, text="Erlen has a bridge. \udcff")
        report = client.upsert([short])
        assert report.added == 1 and report.generation == client.ask(CHUR).generation
        assert client.upsert([short]).committed is False
        assert client.get("a/b?c") == own.get("a/b?c")
        own.upsert([long])
        while client.ask(CHUR).generation < own.generation:
            time.sleep(0.02)
        assert client.get("a/b?c") == own.get("a/b?c") and len(client.get("a/b?c").text) == 270_000
        assert client.get("nothing") is None
        assert client.delete(["a/b?c", "nothing"]) == 1 and client.delete() == 0
        assert client.delete(where={"team": "nobody"}) == 0
        with pytest.raises(ConfigError, match="empty filter"):
            client.delete(where={})
        with pytest.raises(ConfigError, match="sections"):
            client.upsert([Document("s", "One. Two.", sections=(Section(0, "h"),))])
        with pytest.raises(SourceError):
            client.upsert([Document("twice", "one"), Document("twice", "two")])


def test_keys_and_indexes(keyed_service):
    token = key(keyed_service, "ask")["Authorization"].split()[1]
    with api.Client(keyed_service.url, token, index="others") as client:
        assert client.ask("Ebnat").hits[0].passage.doc_id == "Ebnat"
        with pytest.raises(ServiceError, match="needs the action search"):
            client.search(CHUR)
        assert token not in repr(client)
    with api.Client(keyed_service.url, token) as client, pytest.raises(ConfigError, match="name the index"):
        client.ask(CHUR)
    with api.Client(keyed_service.url, token, index="nothing") as client, pytest.raises(IndexNotFound):
        client.ask(CHUR)
    with api.Client(keyed_service.url, "ragqa_wrong") as client, pytest.raises(ServiceError, match="not known"):
        client.ask(CHUR)
    with api.Client(keyed_service.url) as client, pytest.raises(ServiceError, match="send a key"):
        client.ask(CHUR)


def test_a_broken_model_is_an_error_of_the_service_that_names_the_request(open_service):
    with api.Client(open_service.url) as client:
        for ask in (lambda: client.ask("breaks"), lambda: client.answer([api.Ask("breaks")])):
            with pytest.raises(ServiceError, match=r"went wrong here.*\(request [0-9a-f]{32}\)"):
                ask()


def test_a_model_that_breaks_in_the_middle_of_a_stream_is_an_error_of_the_service(open_service):
    with api.Client(open_service.url) as client:
        steps = client.stream("breaks")
        assert next(steps)
        with pytest.raises(ServiceError, match=r"went wrong here.*\(request [0-9a-f]{32}\)"):
            next(steps)
        assert client.ask(CHUR).question == CHUR


def test_a_client_keeps_to_the_rate_of_its_key(keyed_service):
    token = key(keyed_service, rate="2/s")["Authorization"].split()[1]
    with api.Client(keyed_service.url, token, index="towns", timeout=30) as client:
        assert len(client.ask_many([CHUR] * 4)) == 4  # owes two
        assert client.ask(CHUR).question == CHUR and len(list(client.stream(CHUR))) == 2
    token = key(keyed_service, rate="1/d")["Authorization"].split()[1]
    with api.Client(keyed_service.url, token, index="towns", timeout=5) as client:
        client.ask(CHUR)
        with pytest.raises(ServiceError, match="1 request a day: try again in 86,"):
            client.ask(CHUR)


def test_a_full_service_is_asked_again_for_a_stream(open_service):
    with holding(open_service):
        others = [
            threading.Thread(target=lambda n=n: open_service.post("/v1/ask", slowly(f"s{n}", timeout=5)), daemon=True)
            for n in range(5)
        ]
        for other in others:
            other.start()
        wait_until_full(open_service)
        timer = threading.Timer(0.3, lambda: release(open_service))
        timer.start()
        with api.Client(open_service.url, timeout=30) as client:
            assert list(client.stream(CHUR))[-1].question == CHUR
        for other in others:
            other.join()


def test_all_of_a_reply_is_rebuilt():
    """What is added to replies must be added to what reads them."""
    from dataclasses import fields

    from ragqa.remote import replies
    from ragqa.types import Answer, Hit

    assert {one.name for one in fields(replies._Reply)} == {one.name for one in fields(Reply)}
    assert {one.name for one in fields(replies._Answer)} - {"passage"} == {one.name for one in fields(Answer)} - {"hit"}
    hit = Hit(api.Passage("p", "d", "t", "", 0, 1), 0.5, 1)
    assert {one.name for one in fields(Hit)} <= set(hit.to_dict())


def test_an_answer_that_does_not_stand_in_its_passage_is_refused(copies):
    from ragqa.convert import Misfit
    from ragqa.remote.replies import reply_of

    data = json.loads(json.dumps(copies[1].ask(CHUR).to_dict()))
    data["answers"][0]["span"]["start"] += 1
    with pytest.raises(Misfit, match="does not stand"):
        reply_of(data)


@pytest.mark.parametrize(
    "conditions",
    [["team=a"], ["team!=a", "year>=2020"], ["team in a,b", "x exists"], ["x not exists", "n=True"]],
)
def test_a_filter_can_be_sent(conditions):
    given = parse_conditions(conditions)
    assert parse_filter(json.loads(json.dumps(to_json(given)))) == given


def test_a_filter_of_numbers_and_dates_can_be_sent():
    where = {"n": 5, "x": {"ne": 2.0}, "in": {"in": {1, 2}}, "day": {"gte": date(2020, 1, 2)}}
    given = parse_filter(where)
    assert parse_filter(json.loads(json.dumps(to_json(where)))) == given
    assert parse_filter(json.loads(json.dumps(to_json(given)))) == given
    for two in (["team!=a", "team!=b"], ["year>=2020", "year<2024"]):  # bounds that different elements may meet
        with pytest.raises(ConfigError, match="cannot be sent"):
            to_json(parse_conditions(two))


def test_every_kind_of_error_has_a_name_of_its_own():
    assert named_kinds()["question-error"] is QuestionError and name_of(ServiceError) == "service-error"


def test_a_text_is_grounded_as_by_a_pipeline(copies):
    client, own = copies
    text = "The bridge of Chur was built by Ilse Brandt in the year 1900. It was built by Ada Brandt. It is red."
    assert client.ground(text) == own.ground(text) and client.ground(text).sentences[0].grounds
    assert client.ground(text, where={"team": "a"}) == own.ground(text, where={"team": "a"})
    for wrong, where in (("  ", None), ("A b.", {"nosuch": 1}), ("A b.", "team")):
        errors = []
        for asked in (client, own):
            with pytest.raises(ConfigError) as error:
                asked.ground(wrong, where=where)
            errors.append((type(error.value), str(error.value)))
        assert errors[0] == errors[1]
    with pytest.raises(QuestionError):
        client.ground(None)


def test_a_text_of_too_many_sentences_is_refused(open_service):
    with api.Client(open_service.url) as client:
        assert len(client.ground("One bridge. Two bridges. Three bridges.").sentences) == 3
        with pytest.raises(ConfigError, match="at most 3 sentences"):
            client.ground("One bridge. Two bridges. Three bridges. Four bridges.")
        with pytest.raises(ConfigError, match="at most 6,000 characters"):
            client.ground("a" * 6_001)
