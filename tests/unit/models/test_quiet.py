"""Loading quietly: of torch's kin alone, and with all given back whichever thread leaves last."""

from __future__ import annotations

import logging
import threading
import warnings

import pytest

pytest.importorskip("transformers", reason="needs ragqa[train]")
from transformers.utils import logging as bars

from ragqa.models.quiet import LIBRARIES, quietly


def state():
    levels = [logging.getLogger(name).level for name in LIBRARIES]
    return (
        levels,
        list(warnings.filters),
        bars.is_progress_bar_enabled(),
        logging.root.manager.disable,
        logging.root.filters,
    )


@pytest.fixture(autouse=True)
def nothing_stays():
    before = state()
    yield
    assert state() == before


def warn_as(module: str) -> list[str]:
    """What is seen of a warning that names ``module`` as its place."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.warn_explicit(f"of {module}", UserWarning, f"{module}.py", 1, module=module, registry={})
    return [str(one.message) for one in seen]


def test_only_these_libraries_are_quiet(caplog):
    with quietly():
        assert not bars.is_progress_bar_enabled()
        logging.getLogger("transformers.modeling_utils").warning("of developers")
        logging.getLogger("sentence_transformers.anything").warning("of developers")
        logging.getLogger("transformers.modeling_utils").error("an error")
        logging.getLogger("an.app").warning("of the app")
        logging.getLogger("ragqa").warning("of ragqa")
        logging.warning("of onnxruntime, which has no logger")
        assert warn_as("torch.nn.functional") == warn_as("ragqa.models.export") == []
        assert warn_as("an.app") == ["of an.app"] and warn_as("torchless") == ["of torchless"]
    told = [record.getMessage() for record in caplog.records]
    assert not {"of developers", "of onnxruntime, which has no logger"} & set(told)
    assert {"of the app", "of ragqa"} <= set(told)


def test_a_thread_outside_is_heard(caplog):
    def outside():
        logging.warning("of another thread")

    with quietly():
        other = threading.Thread(target=outside)
        other.start()
        other.join()
    assert "of another thread" in caplog.text


def test_who_leaves_last_gives_back():
    """A comes in, B comes in, A leaves, B leaves: as two pipelines load in two threads."""
    before, seen = state(), {}
    a_in, b_in, a_out = threading.Event(), threading.Event(), threading.Event()

    def a():
        with quietly():
            a_in.set()
            assert b_in.wait(10)
        seen["b alone"] = logging.getLogger("transformers").level
        a_out.set()

    def b():
        assert a_in.wait(10)
        with quietly():
            b_in.set()
            assert a_out.wait(10)

    threads = [threading.Thread(target=run) for run in (a, b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen["b alone"] == logging.ERROR, "b is still inside"
    assert state() == before


def test_inside_itself_and_after_an_error():
    before = state()
    with pytest.raises(ValueError, match="x"), quietly(), quietly():
        raise ValueError("x")
    assert state() == before


def test_what_others_set_meanwhile_stays():
    logger = logging.getLogger("peft")
    was = logger.level
    try:
        with quietly():
            logger.setLevel(logging.DEBUG)
        assert logger.level == logging.DEBUG
    finally:
        logger.setLevel(was)


def test_many_threads():
    before = state()

    def load():
        for _ in range(50):
            with quietly():
                assert logging.getLogger("torch").level >= logging.ERROR

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state() == before
