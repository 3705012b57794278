"""A service that a test asks, and the documents that it has: towns with a bridge, each of a team."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from ragqa.config import IndexConfig, SplitConfig
from ragqa.documents import Document
from ragqa.index.writer import upsert
from ragqa.serve.keys import KeyFile
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=12))
CHUR = "Who built the bridge of Chur?"
ASK = {"question": CHUR}


def town(name: str, team: str) -> Document:
    text = f"The bridge of {name} was built by Ilse Brandt in the year 1900. It leads over the river."
    return Document(name, text, name, f"{name}.txt", {"team": team})


def write(place: Path, *towns: tuple[str, str]) -> None:
    upsert(place, CONFIG, HashEncoder(), [town(name, team) for name, team in towns])


@dataclass
class Running:
    """A service that runs."""

    client: Any
    url: str
    process: Popen[str]
    folder: Path

    def post(self, path: str, body: Any, **more: Any) -> Any:
        return self.client.post(path, json=body, **more)

    def problem(self, response: Any) -> tuple[int, str]:
        """Status and kind of a problem, which says no more than it should."""
        content = response.json()
        assert response.headers["content-type"] == "application/problem+json" and content["status"] == (
            response.status_code
        )
        assert {"type", "title", "status", "detail", "instance"} == set(content)
        assert "Traceback" not in response.text and str(self.folder) not in response.text
        assert content["instance"].endswith(response.headers["x-request-id"])
        return response.status_code, content["type"].rpartition(":")[2]


def key(service: Running, *actions: str, **more: Any) -> dict[str, str]:
    """The headers of a new key."""
    _, token = KeyFile(service.folder / "keys.json").create("test", actions or ("ask", "search"), **more)
    return {"Authorization": f"Bearer {token}"}


def without_times(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in ("index", "timings")}


def slowly(number: object, **more: Any) -> dict[str, Any]:
    return {"question": f"Who slowly built bridge {number}?", "min_score": 0.0, **more}


@contextmanager
def holding(service: Running) -> Iterator[None]:
    """Questions that are asked slowly wait, until `release` or the end."""
    (service.folder / "hold").touch()
    try:
        yield
    finally:
        release(service)


def release(service: Running) -> None:
    (service.folder / "hold").unlink(missing_ok=True)


def figure(service: Running, name: str) -> float:
    lines = service.client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name)


def wait_for(service: Running, line: str) -> None:
    end = time.monotonic() + 60
    while line not in service.client.get("/metrics").text.splitlines():
        assert time.monotonic() < end, line
