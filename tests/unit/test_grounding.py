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
