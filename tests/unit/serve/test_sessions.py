"""Sessions are forgotten, and the sessions of one key push out no others."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs ragqa[serve]")

from ragqa.followup import Turn
from ragqa.serve.problems import Refused
from ragqa.serve.sessions import MOST, Sessions
from ragqa.serve.settings import ServeConfig
from ragqa.session import REMEMBERED


def test_a_session_that_is_not_used_is_forgotten() -> None:
    now = [0.0]
    sessions = Sessions(10, lambda: now[0])
    used, unused = sessions.start("", "towns"), sessions.start("", "towns")
    for now[0] in (6.0, 12.0, 18.0):
        assert sessions.find("", used.id).id == used.id
        sessions.remember("", used.id, Turn(f"at {now[0]}", "?"))
    with pytest.raises(Refused):
        sessions.find("", unused.id)
    sessions.remember("", unused.id, Turn("late", "?"))
    assert [turn.question for turn in sessions.find("", used.id).turns] == ["at 6.0", "at 12.0", "at 18.0"]
    now[0] = 40.0
    with pytest.raises(Refused):
        sessions.find("", used.id)


def test_a_key_pushes_out_its_own_sessions_alone() -> None:
    sessions = Sessions(10, lambda: 0.0)
    other, first = sessions.start("b", "towns"), sessions.start("a", "towns")
    second = sessions.start("a", "towns")
    sessions.find("a", first.id)
    for _ in range(MOST - 1):
        sessions.start("a", "towns")
    assert sessions.find("b", other.id) and sessions.find("a", first.id)
    with pytest.raises(Refused):
        sessions.find("a", second.id)


def test_a_session_does_not_grow_without_end() -> None:
    sessions = Sessions(10, lambda: 0.0)
    own = sessions.start("", "towns")
    for number in range(REMEMBERED + 5):
        sessions.remember("", own.id, Turn(str(number), "?"))
    turns = sessions.find("", own.id).turns
    assert len(turns) == REMEMBERED and turns[-1].question == str(REMEMBERED + 4)


def test_sizes_of_requests_may_be_large() -> None:
    assert ServeConfig(body_bytes=64_000_000, file_bytes=1_000_000_000).body_bytes == 64_000_000
