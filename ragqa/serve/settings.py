"""How the service works, apart from how questions are answered."""

from __future__ import annotations

from dataclasses import dataclass

from ragqa.config import check_least, check_numbers, check_positive
from ragqa.serve.links import check_public_url

LARGEST = 2_000_000_000  # bytes of a request


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """``workers`` threads answer; ``queue`` questions may wait, and a worker takes up to ``batch`` of them at once.

    ``timeout`` is how many seconds a request may take if it does not say less, ``refresh`` the seconds between two
    looks for a new generation. A body may have ``body_bytes``, must arrive within ``body_seconds``, and may ask for
    ``questions`` in a batch of ``question_chars`` each, and for ``passages`` to be found. A file that is sent may have
    ``file_bytes``. A session is kept until it was not used for ``session_seconds``.
    ``public_url`` is the address that browsers have for the service; without it, the one that a request came to.
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
    file_bytes: int = 32_000_000
    session_seconds: float = 1800.0
    writable: bool = False
    public_url: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_numbers(self, "", body_bytes=LARGEST, file_bytes=LARGEST)
        check_least(self, "", workers=1, queue=1, batch=1, questions=1, question_chars=1, passages=1)
        check_least(self, "", body_bytes=1, file_bytes=1)
        check_public_url(self.public_url)
        check_positive(self, "", "timeout", "refresh", "body_seconds", "session_seconds")
