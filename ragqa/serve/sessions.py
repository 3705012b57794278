"""Sessions: what was asked and answered in a conversation, kept for follow-up questions until nobody uses it any more.

All of this belongs to the event loop's thread, so there are no locks.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ragqa.followup import Turn
from ragqa.serve.problems import Refused
from ragqa.session import REMEMBERED

MOST = 200  # sessions of one key; its longest unused one makes room


@dataclass(frozen=True, slots=True)
class Conversation:
    """A session: with which index, and its turns, oldest first."""

    id: str
    index: str
    turns: tuple[Turn, ...] = ()


class Sessions:
    """Sessions by key and id. One is forgotten when it has not been used for ``seconds``."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self._open: dict[str, OrderedDict[str, tuple[float, Conversation]]] = {}  # by key; the longest unused first

    def start(self, key: str, index: str) -> Conversation:
        """A new session of a key's owner, who alone can use it."""
        self._forget()
        own = self._open.setdefault(key, OrderedDict())
        while len(own) >= MOST:
            own.popitem(last=False)
        conversation = Conversation(secrets.token_urlsafe(16), index)
        own[conversation.id] = self._clock(), conversation
        return conversation

    def find(self, key: str, session_id: str) -> Conversation:
        """The session of this id; 404 if it is over, or another key's."""
        self._forget()
        own = self._open.get(key, OrderedDict())
        if session_id not in own:
            raise Refused(404, "session-not-found", "there is no such session, or its time is over: start a new one")
        own.move_to_end(session_id)
        _, conversation = own[session_id]
        own[session_id] = self._clock(), conversation
        return conversation

    def remember(self, key: str, session_id: str, turn: Turn) -> None:
        """Add a turn to a session; nothing happens if it is over."""
        own = self._open.get(key, OrderedDict())
        if session_id in own:
            _, was = own[session_id]
            turns = (*was.turns, turn)[-REMEMBERED:]
            own[session_id] = self._clock(), Conversation(was.id, was.index, turns)
            own.move_to_end(session_id)

    def end(self, key: str, session_id: str) -> bool:
        """Forget a session; whether there was one."""
        self._forget()
        return self._open.get(key, OrderedDict()).pop(session_id, None) is not None

    def _forget(self) -> None:
        over = self._clock() - self.seconds
        for key, own in list(self._open.items()):
            while own and next(iter(own.values()))[0] <= over:
                own.popitem(last=False)
            if not own:
                del self._open[key]
