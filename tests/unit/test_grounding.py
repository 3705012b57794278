"""What an index says of a text: verdicts, exact places, what differs."""

from __future__ import annotations

import json

import pytest

import ragqa as api
from ragqa.documents import Document
from ragqa.errors import ConfigError, QuestionError
from ragqa.grounded import Grounding
from ragqa.remote.replies import grounding_of

TEXTS = {
    "penicillin": (
        "Penicillin",
        "Alexander Fleming discovered penicillin in September 1928 at St Mary's Hospital in London. "
        "He noticed a mould that killed bacteria. Howard Florey made a drug of it in 1941.",
    ),
    "curie": (
        "Marie Curie",
        "Marie Curie was a physicist and chemist. She was born in Warsaw on 7 November 1867. She won the Nobel Prize "
        "in Physics in 1903 and did not patent radium.",
    ),
    "pump": ("P-200 pump", "The P-200 pump moves 95 litres a minute. Its seal must be replaced every 30 months."),
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ground") / "index"
    with api.Index(folder, language="en") as index:
        index.upsert([Document(name, text, title, meta={"kind": name}) for name, (title, text) in TEXTS.items()])
    with api.Pipeline.load(folder, reads=False) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "verdict", "place"),
    [
        ("Penicillin was discovered by Alexander Fleming in 1928.", "supported", "Alexander Fleming discovered"),
        ("Marie Curie was born in Warsaw on November 7, 1867.", "supported", "She was born in Warsaw"),
        ("The P-200 pump moves 95 litres per minute.", "supported", "The P-200 pump moves"),
        ("Penicillin was discovered by Alexander Fleming in 1929.", "contradicted", "Alexander Fleming discovered"),
        ("Marie Curie was born in Paris on November 7, 1867.", "contradicted", "She was born in Warsaw"),
        ("The P-200 pump moves 59 litres a minute.", "contradicted", "The P-200 pump moves"),
        ("Alexander Fleming did not discover penicillin in 1928.", "contradicted", "Alexander Fleming discovered"),
        ("Marie Curie liked green tea.", "unsupported", None),
        ("The moon is made of cheese.", "unsupported", None),
        ("Yes.", "unsupported", None),
    ],
)
def test_verdicts_and_places(pipeline, text, verdict, place):
    (found,) = pipeline.ground(text).sentences
    assert found.verdict == verdict, found
    assert bool(found.grounds) == (place is not None)
    for ground in found.grounds:
        start, end = ground.document_span
        document = TEXTS[ground.hit.passage.doc_id][1]
        assert document[start:end] == ground.text and 0.5 <= ground.probability <= 1
        assert bool(ground.differences) == (verdict == "contradicted")
    if place is not None:
        assert found.grounds[0].text.startswith(place)
    assert (found.probability >= 0.5) == (verdict == "supported")


def test_sentences_keep_their_places_and_pronouns_stand_for_who_was_named(pipeline):
    text = "  Marie Curie was a chemist.\n\n* She was born in Warsaw in 1867!  He noticed a mould that killed bacteria."
    grounding = pipeline.ground(text)
    assert [text[one.start : one.end] for one in grounding.sentences] == [one.text for one in grounding.sentences]
    assert [one.verdict for one in grounding.sentences] == ["supported", "supported", "unsupported"]
    assert not grounding.supported and grounding.generation == pipeline.snapshot.generation
    fleming = pipeline.ground("Alexander Fleming was at St Mary's Hospital. He noticed a mould that killed bacteria.")
    assert fleming.sentences[1].verdict == "supported"
    born = pipeline.ground("Alexander Fleming discovered penicillin. He was born in Warsaw.")
    assert [one.verdict for one in born.sentences] == ["supported", "unsupported"], "she was, not he"


def test_a_filter_keeps_to_its_documents(pipeline):
    text = "Penicillin was discovered by Alexander Fleming in 1928."
    assert pipeline.ground(text, where={"kind": "penicillin"}).supported
    assert not pipeline.ground(text, where={"kind": "curie"}).supported
    with pytest.raises(ConfigError):
        pipeline.ground(text, where={"nothing": 1})


def test_texts_that_say_nothing(pipeline):
    for text in ("", "  \n", None):
        with pytest.raises(QuestionError):
            pipeline.ground(text)
    assert pipeline.ground("…!? — 。").sentences == ()
    assert pipeline.ground("\udcff 1928 \x00").sentences[0].verdict == "unsupported"


def test_the_json_form_can_be_read_back(pipeline):
    grounding = pipeline.ground("Penicillin was discovered by Alexander Fleming in 1929. He noticed a mould.")
    again = grounding_of(json.loads(json.dumps(grounding.to_dict())))
    assert isinstance(again, Grounding) and again == grounding


def test_a_text_is_judged_as_each_of_its_sentences_alone(pipeline):
    texts = ["Penicillin was discovered by Alexander Fleming in 1928.", "The P-200 pump moves 59 litres a minute."]
    together = pipeline.ground(" ".join(texts)).sentences
    alone = [pipeline.ground(text).sentences[0] for text in texts]
    assert [one.verdict for one in together] == [one.verdict for one in alone]
    assert [one.grounds[0].text for one in together] == [one.grounds[0].text for one in alone]


def test_a_ground_has_the_hit_of_its_own_sentence(pipeline):
    curie, pump = "Marie Curie was born in Warsaw on November 7, 1867.", "The P-200 pump moves 95 litres a minute."
    hits = [sentence.grounds[0].hit for sentence in pipeline.ground(f"{curie} {pump}").sentences]
    assert [(hit.passage.doc_id, hit.rank) for hit in hits] == [("curie", 1), ("pump", 1)]


CHINESE = {
    "washer": ("青山洗衣机", "整机保修期为两年。系统不支持中文。电池不能退款。"),
    "service": ("服务", "服务的默认端口是6379。管理员为王小明。"),
    "bridge": (
        "青山大桥",
        "青山大桥于2007年通车，全长三百五十公里。该桥位于宁波，总投资一千万元。每天有超过5万辆车经过。",
    ),
    "firm": ("", "北海公司位于北京。青山公司成立于1987年。"),
}


@pytest.fixture(scope="module", params=["zh", "auto"])
def chinese(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ground-zh") / "index"
    with api.Index(folder, language=request.param) as index:
        index.upsert([Document(name, text, title) for name, (title, text) in CHINESE.items()])
    with api.Pipeline.load(folder, reads=False) as opened:
        yield opened


RIGHT = (
    "保修期为两年。管理员为王小明。管理员是王小明。默认端口是6379。系统不支持中文。青山大桥通车于2007年。"
    "青山大桥通车于二〇〇七年。青山大橋通車於2007年。青山大桥全长350公里。该桥位于宁波。青山大桥全长350千米。总投资1000万元。"
    "每天有超过50000辆车经过。"
)
WRONG = {
    "保修期为三年。": "number",
    "保修期不是两年。": "negation",
    "默认端口是8080。": "number",
    "青山大桥通车于2009年。": "year",
    "青山大桥全长530公里。": "number",
    "青山大桥全长350米。": "",
    "总投资100万元。": "number",
    "系统支持中文。": "negation",
    "每天有少于5万辆车经过。": "number",
    "管理员为李大明。": "",
    "该桥位于宁夏。": "",
    "电池可以退款。": "",
    "北海公司成立于1987年。": "",
}


def test_chinese_sentences_that_say_the_same_are_supported(chinese):
    found = chinese.ground(RIGHT).sentences
    assert len(found) == RIGHT.count("。")
    assert {one.text: one.verdict for one in found} == {one.text: "supported" for one in found}


def test_chinese_sentences_that_say_something_else_are_never_supported(chinese):
    found = chinese.ground("".join(WRONG)).sentences
    assert [one.text for one in found] == list(WRONG)
    for one in found:
        kinds = {difference.kind for ground in one.grounds for difference in ground.differences}
        wanted = ("contradicted", {WRONG[one.text]}) if WRONG[one.text] else ("unsupported", set())
        assert (one.verdict, kinds) == wanted, one


def test_a_chinese_pronoun_stands_for_what_was_named_before(chinese):
    bridge, firm = (f"{name}很有名。该桥位于宁波。" for name in ("青山大桥", "北海大桥"))
    assert chinese.ground(bridge).sentences[1].verdict == "supported"
    assert chinese.ground(firm).sentences[1].verdict == "unsupported"


def test_in_an_index_of_several_languages_a_sentence_is_compared_in_that_of_each_place(tmp_path):
    texts = {"en": TEXTS["penicillin"][1], "de": "Die Stadtbücherei wurde 1904 von Clara Wendt gegründet."}
    texts["zh"] = CHINESE["bridge"][1]
    with api.Index(tmp_path / "index", language="auto") as index:
        index.upsert([Document(name, text) for name, text in texts.items()])
    with api.Pipeline.load(tmp_path / "index", reads=False) as pipeline:
        found = pipeline.ground(" ".join(texts.values())).sentences
        assert [one.verdict for one in found] == ["supported"] * len(found)
        assert not pipeline.ground("Die Stadtbücherei wurde 1905 von Clara Wendt gegründet.").supported


def test_what_an_index_cannot_judge_is_not_supported(tmp_path):
    """Chinese in an index of English: whole stretches alone are known again."""
    with api.Index(tmp_path / "index", language="en") as index:
        index.upsert([Document("service", "The service. " + CHINESE["service"][1])])
    with api.Pipeline.load(tmp_path / "index", reads=False) as pipeline:
        for claim in ("默认端口是8080。", "服务的默认端口是8080，管理员为李大明。"):
            assert not pipeline.ground(claim).supported


EAST_ASIAN = {
    "ja": (
        "保証期間は2年です。管理者は田中一郎です。返金はできません。",
        {
            "保証期間は2年です。": True,
            "保証期間は二年である。": True,
            "保証期間は3年です。": False,
            "保証期間は2年ではない。": False,
            "管理者は山田一郎です。": False,
            "返金はできます。": False,
        },
    ),
    "ko": (
        "보증 기간은 2년이다. 관리자는 김철수이다. 환불은 가능하지 않다.",
        {
            "보증 기간은 2년이다.": True,
            "보증 기간은 3년이다.": False,
            "보증 기간은 2년이 아니다.": False,
            "관리자는 박영희이다.": False,
            "환불은 가능하다.": False,
        },
    ),
}


@pytest.mark.parametrize("language", EAST_ASIAN)
def test_japanese_and_korean(language, tmp_path):
    text, claims = EAST_ASIAN[language]
    with api.Index(tmp_path / "index", language=language) as index:
        index.upsert([Document("one", text)])
    with api.Pipeline.load(tmp_path / "index", reads=False) as pipeline:
        found = pipeline.ground(" ".join(claims)).sentences
    assert {one.text: one.verdict == "supported" for one in found} == claims
