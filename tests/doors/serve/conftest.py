"""Services as their callers have them: real processes on a free port, a real client, and models that cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.asked_page import Visitor, write_documents, write_pages
from support.browser import Browser, running_driver
from support.served import Running, write
from support.serving import serving

from ragqa.serve.keys import KeyFile

SETTINGS = {
    "queue": 2,
    "batch": 2,
    "timeout": 5.0,
    "refresh": 0.1,
    "body_bytes": 60_000,
    "body_seconds": 0.3,
    "questions": 3,
    "file_bytes": 60_000,
}


def client_library() -> Any:
    """httpx, with which services are asked; the test is skipped where something that it needs is not installed."""
    pytest.importorskip("fastapi", reason="needs ragqa[serve]")
    return pytest.importorskip("httpx", reason="needs ragqa[dev]")


@pytest.fixture(scope="session")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One index, no keys, writable, with a queue of two."""
    httpx = client_library()
    folder = tmp_path_factory.mktemp("service")
    write(folder / "towns", ("Altdorf", "a"), ("Brunnen", "a"), ("Chur", "b"), ("Davos", "b"))
    with (
        serving({"towns": folder / "towns"}, config={**SETTINGS, "writable": True}, hold=str(folder / "hold")) as (
            url,
            process,
        ),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Running(client, url, process, folder)


@pytest.fixture(scope="session")
def keyed_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two indexes and keys, read-only, behind a proxy."""
    httpx = client_library()
    folder = tmp_path_factory.mktemp("keyed")
    write(folder / "towns", ("Altdorf", "a"), ("Brunnen", "a"), ("Chur", "b"), ("Davos", "b"))
    write(folder / "others", ("Ebnat", "a"))
    KeyFile(folder / "keys.json").create("first")
    indexes = {name: folder / name for name in ("towns", "others")}
    with (
        serving(indexes, keys=str(folder / "keys.json"), config={"public_url": "https://answers.example.org"}) as (
            url,
            process,
        ),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Running(client, url, process, folder)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, which the files about the page share."""
    with running_driver() as driver:
        session = Browser(driver, tmp_path_factory.mktemp("profile"))
        yield session
        session.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Three indexes, writable, with a queue of one."""
    httpx = client_library()
    folder = tmp_path_factory.mktemp("page")
    write_documents(folder / "towns")
    write(folder / "others", ("Ebnat", "a"))
    write_pages(folder / "pages", folder / "report.pdf")
    indexes = {name: folder / name for name in ("towns", "others", "pages")}
    config = {"writable": True, "queue": 1, "batch": 1, "file_bytes": 100_000}
    with (
        serving(indexes, config=config, hold=str(folder / "hold")) as (url, process),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Running(client, url, process, folder)


@pytest.fixture
def page(browser: Browser, service: Running) -> Iterator[Visitor]:
    """Somebody at the page; what the browser complains of at the end fails the test."""
    browser.complaints()
    browser.devtools("Emulation.setEmulatedMedia", {"features": []})
    visitor = Visitor(browser, service.url)
    yield visitor
    assert browser.complaints() == []  # neither errors nor anything that the policy forbids


@pytest.fixture
def troubled(browser: Browser, service: Running) -> Iterator[Visitor]:
    """Somebody at the page who meets errors, of which the browser tells too."""
    yield Visitor(browser, service.url)
    assert not [line for line in browser.complaints() if "Failed to load resource" not in line]
