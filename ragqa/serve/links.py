"""Addresses that callers are given: of the page, open at a quotation."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from ragqa.errors import ConfigError
from ragqa.types import Answer

Link = Callable[[Answer], str]


def check_public_url(url: str) -> None:
    """`ConfigError` unless it is the address of a service as browsers have it, or empty."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment or parts.username or not url.isprintable() or " " in url:
        raise ConfigError(f"--public-url {url!r:.200} is no address: expected one such as https://answers.example.org")


def links_to(base: str, index: str, generation: int) -> Link:
    """Where an answer can be read: in its source if that is on the web, else on the page of the service at ``base``,
    which opens the document at the place (``page/address.js``).
    """

    def link(answer: Answer) -> str:
        if answer.source.startswith(("http://", "https://")):
            return answer.source
        start, end = answer.document_span
        place = {"i": index, "g": generation, "d": answer.hit.passage.doc_id, "s": start, "e": end}
        return f"{base.rstrip('/')}/#{urlencode(place)}"

    return link
