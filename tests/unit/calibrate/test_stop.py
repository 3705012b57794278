"""When reading may stop: learnt from readings of everything, and kept on readings that were not learnt from."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from support.drawing import draw

from ragqa.calibrate.fit import fit, read_answers
from ragqa.calibrate.gather import Seen
from ragqa.calibrate.stop import LEAST, fit_stop
from ragqa.errors import ModelError
from ragqa.evidence.calibration import STATES, Calibration, StopModel, Weights, load_calibration, save_calibration
from ragqa.evidence.masses import Evidence
from ragqa.evidence.stopping import ended, settled, standing, state

WEIGHTS = Weights(cap=6.0)


def several(count: int, seed: int) -> list[Seen]:
    """Questions whose passages are read in the order of their priors, as a pipeline reads them."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(count):
        one = draw(rng, WEIGHTS, 8)
        places = sorted(range(8), key=lambda place: -one.hits[place].sources["bm25"])
        hits, spans = ([own[place] for place in places] for own in (one.hits, one.spans))
        found.append(Seen("?", tuple(hits), tuple(spans), one.references))
    return found


def read(one: Seen, model: StopModel | None, change: float) -> Evidence:
    evidence = Evidence(one.hits, WEIGHTS)
    while ended(evidence, model, change) is None:
        evidence.add(one.spans[evidence.read])
    return evidence


def leader(evidence: Evidence) -> str:
    now = standing(evidence)
    return "" if now is None else now.key


@pytest.mark.parametrize("change", [0.05, 0.2])
def test_the_best_answer_changes_as_seldom_as_was_asked_for(change: float) -> None:
    model = fit_stop(several(600, 1), WEIGHTS, change)
    assert model is not None
    held_out = several(600, 2)
    early = [read(one, model, change) for one in held_out]
    sure = [read(one, model, 0.0) for one in held_out]
    changed = np.mean([leader(one) != leader(other) for one, other in zip(early, sure, strict=True)])
    assert 0.3 * change < changed < 1.4 * change
    assert np.mean([one.read for one in early]) < 0.9 * np.mean([one.read for one in sure])


def test_without_a_model_or_a_chance_only_what_is_certain_counts() -> None:
    always = StopModel(-50.0, (0.0,) * len(STATES))
    for one in several(40, 3):
        bare, strict, loose = read(one, None, 0.5), read(one, always, 0.0), read(one, always, 1e-6)
        assert bare.read == strict.read and ended(bare, None, 0.5) in ("settled", "exhausted")
        assert loose.read == min(bare.read, 1)
        said = "settled" if settled(loose, standing(loose)) else "likely"
        assert ended(loose, always, 1e-6) == said


def test_states_are_finite() -> None:
    for one in several(40, 4):
        evidence = Evidence(one.hits, WEIGHTS)
        for spans in one.spans[:-1]:
            evidence.add(spans)
            now = standing(evidence)
            assert now is not None
            values = state(evidence, now)
            assert len(values) == len(STATES) and all(map(math.isfinite, values))


def test_a_fit_reads_as_a_pipeline_does_and_keeps_the_model() -> None:
    seen = several(LEAST, 5)
    calibration = fit(seen, Calibration(WEIGHTS), change=0.2).calibration
    assert calibration.stop == fit_stop(seen, WEIGHTS, 0.2)
    early = [read(one, calibration.stop, 0.2).read for one in seen]
    answers = [read_answers(one, WEIGHTS, 1, calibration.stop, 0.2) for one in seen]
    places = [one.hits.index(own[0].hit) if own else 0 for one, own in zip(seen, answers, strict=True)]
    assert all(place < count for place, count in zip(places, early, strict=True))


def test_few_questions_leave_the_end_of_reading_as_it_was() -> None:
    before = StopModel(-1.0, (0.0,) * len(STATES))
    assert fit(several(60, 7), Calibration(WEIGHTS, stop=before), change=0.01).calibration.stop == before
    assert fit(several(60, 7), Calibration(WEIGHTS), change=0.01).calibration.stop is None


def test_what_never_changes_teaches_nothing() -> None:
    one = several(1, 6)[0]
    assert fit_stop([Seen("?", one.hits[:1], one.spans[:1], ())] * 60, WEIGHTS) is None


def test_it_is_kept_in_the_file(tmp_path: Path) -> None:
    model = StopModel(-1.5, tuple(float(place) for place in range(len(STATES))))
    path = save_calibration(tmp_path, Calibration(stop=model))
    assert load_calibration(path).stop == model
    path = save_calibration(tmp_path, Calibration())
    assert load_calibration(path).stop is None and '"stop"' not in path.read_text(), "as older versions wrote it"
    path.write_text(path.read_text().replace('"format": 1,', '"format": 1, "stop": {"bias": 0.0, "weights": [1.0]},'))
    with pytest.raises(ModelError, match="not a usable calibration"):
        load_calibration(path)
