"""How the service works, apart from how questions are answered. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from ragqa.config import check_least, check_numbers, check_positive


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """``workers`` threads answer; ``queue`` questions may wait, and a worker takes up to ``batch`` of them at once.

    ``timeout`` is how many seconds a request may take if it does not say less, ``refresh`` the seconds between two
    looks for a new generation. A body may have ``body_bytes``, must arrive within ``body_seconds``, and may ask for
    ``questions`` in a batch of ``question_chars`` each, and for ``passages`` to be found.
    """

    workers: int = 1
    queue: int = 128
    batch: int = 8
    timeout: float = 30.0
    refresh: float = 2.0
    body_bytes: int = 1_000_000
    body_seconds: float = 10.0
    questions: int = 64
    question_chars: int = 2_000
    passages: int = 200
    writable: bool = False

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_numbers(self, "")
        check_least(self, "", workers=1, queue=1, batch=1, body_bytes=1, questions=1, question_chars=1, passages=1)
        check_positive(self, "", "timeout", "refresh", "body_seconds")
