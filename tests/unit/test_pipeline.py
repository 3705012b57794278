"""Requests with settings of their own, generations that come and go, and what a pipeline holds."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ragqa import Ask
from ragqa.answering import Answering
from ragqa.config import Config, IndexConfig, ReadConfig, RetrieveConfig, SplitConfig
from ragqa.documents import Document, Passage
from ragqa.errors import ConfigError, FingerprintMismatch, IndexFormatError, QuestionError, RagqaError
from ragqa.evidence.calibration import STATES, Calibration, Step, StopModel
from ragqa.index.snapshot import Snapshot
from ragqa.index.writer import update
from ragqa.pipeline import Pipeline
from ragqa.testing import HashEncoder, WordReader
from ragqa.types import Answer, Hit, Reply, Span

CONFIG = IndexConfig(split=SplitConfig(words=12))
TOWNS = ("Altdorf", "Brunnen", "Chur", "Davos", "Ebnat", "Flims")


def town(name: str, number: int) -> Document:
    text = f"The bridge of {name} was built by Ilse Brandt in the year {1900 + number}. It leads over the river."
    return Document(name, text, name, f"{name}.txt", {"half": "first" if number < 3 else "second"})


def write(place: Path, towns: Sequence[str] = TOWNS, encoder: HashEncoder | None = None) -> None:
    update(place, CONFIG, encoder or HashEncoder(), [town(name, number) for number, name in enumerate(towns)])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("towns") / "index"
    write(place)
    return place


def load(index: Path, **settings) -> Pipeline:
    return Pipeline.load(index, encoder=HashEncoder(), reader=WordReader(), **settings)


def timeless(reply: Reply | RagqaError) -> Reply:
    assert isinstance(reply, Reply)
    return replace(reply, timings={})


def test_requests_with_different_settings_get_what_each_alone_would_get(index: Path) -> None:
    asks = [
        Ask("Who built the bridge of Chur?"),
        Ask("Who built the bridge of Chur?", k=1, min_score=0.0),
        Ask("Which year?", passages=2, min_score=0.0),
        Ask("Who built the bridge?", where={"half": "second"}, min_score=0.0),
        Ask("Who built the bridge?", where={"half": "first"}, all=True, min_score=0.0),
        Ask("Which river?", passages=2, where={"half": "second"}),
    ]
    pipeline = load(index)
    together = pipeline.answer(asks * 7)  # more than one batch
    alone = [pipeline.answer([ask])[0] for ask in asks]
    assert list(map(timeless, together)) == list(map(timeless, alone)) * 7
    replies = [timeless(reply) for reply in alone]
    assert len(replies[1].answers) == 1 and len(replies[2].hits) == 2 == len(replies[5].hits)
    for reply, half in ((replies[3], "second"), (replies[4], "first")):
        assert {hit.passage.meta["half"] for hit in reply.hits} == {half}
    assert replies[4].read == len(replies[4].hits) and replies[4].stopped == "exhausted"


def test_the_short_forms_are_requests(index: Path) -> None:
    pipeline = load(index)
    settings = {"k": 2, "passages": 3, "min_score": 0.0, "where": {"half": "first"}}
    (wanted,) = map(timeless, pipeline.answer([Ask(TOWNS[0], **settings)]))
    assert len(wanted.answers) == 2 and len(wanted.hits) == 3
    assert timeless(pipeline.ask(TOWNS[0], **settings)) == wanted
    assert list(map(timeless, pipeline.ask_many([TOWNS[0]] * 2, **settings))) == [wanted] * 2
    assert list(map(timeless, pipeline.ask_iter(iter([TOWNS[0]] * 2), **settings))) == [wanted] * 2
    assert timeless(pipeline.explain(TOWNS[0], **settings).reply) == wanted


def test_a_bad_request_spoils_only_itself(index: Path) -> None:
    bad: list[tuple[Ask, type[RagqaError]]] = [
        (Ask("  "), QuestionError),
        (Ask(7), QuestionError),  # type: ignore[arg-type]
        (Ask("Who?", k=0), ConfigError),
        (Ask("Who?", risk=1.5), ConfigError),
        (Ask("Who?", passages=2_000_000), ConfigError),
        (Ask("Who?", min_score=float("nan")), ConfigError),
    ]
    good = Ask("Who built the bridge of Davos?")
    pipeline = load(index)
    results = pipeline.answer([good, *(ask for ask, _ in bad), good])
    assert [type(result) for result in results] == [Reply, *(kind for _, kind in bad), Reply]
    assert timeless(results[0]) == timeless(results[-1]) == timeless(pipeline.ask(good.question))
    with pytest.raises(QuestionError):
        pipeline.ask_many([good.question, " "])


def test_a_damaged_index_is_raised_and_no_reply(tmp_path: Path) -> None:
    write(tmp_path / "index")
    pipeline = load(tmp_path / "index")
    for path in (tmp_path / "index").rglob("passages.arrow"):
        content = bytearray(path.read_bytes())
        path.unlink()
        content[len(content) // 2] ^= 255
        path.write_bytes(content)
    with pytest.raises(IndexFormatError):
        load(tmp_path / "index").answer([Ask("Who?")])
    assert pipeline.ask("Who built the bridge of Chur?").hits  # has its files open


def test_a_risk_takes_the_place_of_a_threshold(index: Path) -> None:
    curve = tuple(Step(0.9 - 0.1 * place, 100 * (place + 1), 10 * place * place) for place in range(8))
    snapshot = Snapshot.open(index)
    calibration = Calibration(curve=curve, questions=800)
    config = Config(read=ReadConfig(min_score=0.99))
    pipeline = Pipeline(snapshot, HashEncoder(), WordReader(), config, calibration=calibration)
    assert pipeline.threshold == 0.99
    answering = pipeline.answering
    assert answering.request(Ask("?", risk=0.3)).threshold == calibration.threshold(0.3) != 0.99
    assert answering.request(Ask("?", risk=0.3, min_score=0.5)).threshold == 0.5
    assert answering.request(Ask("?")).threshold == 0.99


def test_settings_of_a_pipeline_hold_for_questions_that_say_nothing(index: Path) -> None:
    with load(index, k=1, passages=2, min_score=0.0) as pipeline:
        assert len(pipeline.ask("Who?").answers) == 1 and len(pipeline.ask("bridge?").hits) == 2
        assert len(pipeline.ask("Who?", k=3).answers) == 3
    with pytest.raises(TypeError, match="answers"):
        load(index, answers=1)
    with pytest.raises(ConfigError, match=r"read\.risk"):
        load(index, risk=2.0)


def test_why_reading_stopped(index: Path) -> None:
    pipeline = load(index)
    seen = {pipeline.ask(f"bridge {name}").stopped for name in TOWNS}
    assert seen <= {"settled", "exhausted"}, "the fit that comes with the reader is for another encoder"
    for name in TOWNS:
        reply = pipeline.ask(f"bridge {name}")
        assert (reply.stopped == "settled") == (reply.read < len(reply.hits))
        assert reply.to_dict()["stopped"] == reply.stopped
    sure = StopModel(-50.0, (0.0,) * len(STATES))
    retriever, stored = pipeline.retriever, pipeline.answering.stored
    guessing = Answering(retriever, WordReader(), stored, Calibration(stop=sure), pipeline.config)
    reply = timeless(guessing.answer([Ask("bridge")])[0])
    assert (reply.stopped, reply.read) == ("likely", 1) and len(reply.hits) > 1
    assert timeless(guessing.answer([Ask("bridge", all=True)])[0]).stopped == "exhausted"
    assert pipeline.ask("bridge", all=True).stopped == "exhausted"
    assert pipeline.ask("Who?", where={"half": "first"}, passages=1).stopped == "exhausted"


def test_refresh_opens_what_another_process_has_written(tmp_path: Path) -> None:
    place = tmp_path / "index"
    write(place, TOWNS[:2])
    pipeline = load(place)
    assert pipeline.refresh() is False
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from test_pipeline import TOWNS, write; write(Path(sys.argv[2]), TOWNS)"
    )
    subprocess.run([sys.executable, "-c", script, str(Path(__file__).parent), str(place)], check=True)
    before = pipeline.ask("Who built the bridge of Flims?", passages=50)
    assert before.generation == 1 and "Flims" not in {hit.passage.title for hit in before.hits}
    kept = pipeline.answering
    assert pipeline.refresh() is True and pipeline.refresh() is False
    after = pipeline.ask("Who built the bridge of Flims?", passages=50)
    assert after.generation == 2 and "Flims" in {hit.passage.title for hit in after.hits}
    assert timeless(kept.answer([Ask("Who built the bridge of Flims?", passages=50)])[0]) == timeless(before)


def test_refresh_notices_an_index_that_was_built_anew_with_the_same_number(tmp_path: Path) -> None:
    import shutil

    place = tmp_path / "index"
    write(place, TOWNS[:2])
    pipeline = load(place)
    shutil.rmtree(place)
    write(place, TOWNS)
    assert pipeline.refresh() is True and pipeline.snapshot.generation == 1
    assert pipeline.snapshot.manifest.live_documents == len(TOWNS)


def test_a_failed_refresh_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "index"
    write(place)
    pipeline = load(place)
    before = timeless(pipeline.ask("Who built the bridge of Chur?"))
    write(place, encoder=HashEncoder(name="other"))
    with pytest.raises(FingerprintMismatch):
        pipeline.refresh()
    (place / "CURRENT").write_text("nonsense")
    with pytest.raises(IndexFormatError):
        pipeline.refresh()
    assert timeless(pipeline.ask("Who built the bridge of Chur?")) == before


def test_asking_while_generations_change(tmp_path: Path) -> None:
    """Each reply is of one generation, whole; none fails."""
    place = tmp_path / "index"
    write(place, TOWNS[:3])
    pipeline, failures, done = load(place), [], threading.Event()

    def ask() -> None:
        while not done.is_set():
            for reply in pipeline.answer([Ask("bridge", passages=50), Ask("bridge", passages=49)]):
                generation = timeless(reply).generation
                titles = {hit.passage.title for hit in timeless(reply).hits}
                if titles != set(TOWNS[: 3 + (generation - 1) % 4]):
                    failures.append((generation, titles))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for generation in range(2, 10):
        write(place, TOWNS[: 3 + (generation - 1) % 4])
        assert pipeline.refresh() is True
    done.set()
    for thread in threads:
        thread.join()
    assert not failures and pipeline.snapshot.generation == 9


def test_a_closed_pipeline_says_so(index: Path) -> None:
    with load(index) as pipeline:
        kept = pipeline.answering
    with pytest.raises(RuntimeError, match="closed"):
        pipeline.ask("Who?")
    assert isinstance(kept.answer([Ask("Who?")])[0], Reply)


def test_a_pipeline_is_not_pickled(index: Path) -> None:
    with pytest.raises(TypeError, match="load it in each process"):
        pickle.dumps(load(index))


class Refusing:
    """A reader that must not be asked."""

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        raise AssertionError("the reader was asked")


def test_another_reader_leaves_the_pipeline_as_it_is(index: Path) -> None:
    pipeline = load(index)
    other = pipeline.with_reader(Refusing())
    with pytest.raises(AssertionError, match="was asked"):
        other.ask("Who built the bridge?")
    assert pipeline.ask("Who built the bridge?").hits
    assert other.search("bridge") == pipeline.search("bridge")


def test_a_pipeline_that_only_searches_loads_no_reader(index: Path) -> None:
    config = Config(read=ReadConfig(reader="no such folder"))
    pipeline = Pipeline.load(index, config, encoder=HashEncoder(), reads=False)
    assert [hit.rank for hit in pipeline.search("bridge", 3)] == [1, 2, 3]
    with pytest.raises(ConfigError, match="search only"):
        pipeline.ask("Who?")


@pytest.mark.parametrize("fusion", ["linear", "bm25", "dense"])
def test_hits_carry_their_rows(index: Path, fusion: str) -> None:
    pipeline = load(index, config=Config(retrieve=RetrieveConfig(fusion=fusion)))
    hits = pipeline.search("the bridge of Chur", 5)
    assert pipeline.snapshot.passages([hit.row for hit in hits]) == [hit.passage for hit in hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "quoted", "sentence"),
    [
        ("It rained. Dr. Brandt was born in Ulm. She left.", "Ulm", "Dr. Brandt was born in Ulm."),
        ("One. Two three.\n\nFour.", "Two", "Two three."),
        ("She left in May. In June she returned.", "May. In June", "She left in May. In June she returned."),
        ("桥建于1937年。它很长。", "1937年", "桥建于1937年。"),
        ("no end at all", "all", "no end at all"),
        ("- milk\n- eggs\n- bread", "eggs", "- eggs"),
    ],
)
def test_the_sentence_of_an_answer(text: str, quoted: str, sentence: str) -> None:
    passage = Passage("id", "doc", text, "", 0, len(text), source="notes.md")
    start = text.index(quoted)
    answer = Answer(quoted, 1.0, Span(start, start + len(quoted), 0.0), Hit(passage, 1.0, 1))
    assert answer.quote() == sentence and answer.source == "notes.md"
    first, last = answer.sentence
    assert text[first:last] == sentence


class Batches(WordReader):
    """A reader that remembers how many passages it was given at once."""

    prefers_batches = True

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        self.sizes.append(len(passages))
        return super().read(questions, passages)


def test_a_reader_that_prefers_batches_is_given_growing_rounds(index: Path) -> None:
    reader = Batches()
    reply = Pipeline.load(index, encoder=HashEncoder(), reader=reader, all=True, passages=6).ask("bridge")
    assert reader.sizes == [1, 2, 3] and reply.read == 6
    assert replace(reply, timings={}) == timeless(load(index, all=True, passages=6).ask("bridge"))
