"""Loads models without the messages of their libraries. Logs and warnings of other code are not affected."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

LIBRARIES = (
    "accelerate",
    "datasets",
    "huggingface_hub",
    "onnxruntime",
    "peft",
    "sentence_transformers",
    "torch",
    "transformers",
)
_WARNED = rf"(?:{'|'.join(LIBRARIES)}|onnx|ragqa\.(?:models|train))(?:\.|\Z)"  # the modules whose warnings are dropped

_lock = threading.Lock()
_inside: dict[int, int] = {}  # how many blocks of `quietly` each thread is in
_back = ExitStack()


@contextmanager
def quietly() -> Iterator[None]:
    """Silence progress bars, messages and warnings of torch, transformers and similar libraries.

    Errors are still raised; callers check the results themselves. The first thread that enters silences these
    libraries, the last one that leaves restores their settings.
    """
    own = threading.get_ident()
    with _lock:
        if not _inside:
            _silence(_back)
        _inside[own] = _inside.get(own, 0) + 1
    try:
        yield
    finally:
        with _lock:
            _inside[own] -= 1
            if not _inside[own]:
                del _inside[own]
            if not _inside:
                _back.close()


def _silence(back: ExitStack) -> None:
    from transformers.utils import logging as bars

    if bars.is_progress_bar_enabled():
        bars.disable_progress_bar()
        back.callback(bars.enable_progress_bar)
    for name in LIBRARIES:
        _raise_level(logging.getLogger(name), back)
    root = logging.getLogger()
    root.addFilter(_drop_of_loading)
    back.callback(root.removeFilter, _drop_of_loading)
    warnings.filterwarnings("ignore", module=_WARNED)
    filters: Any = warnings.filters
    ours = filters[0]
    back.callback(lambda: ours in filters and filters.remove(ours))


def _raise_level(logger: logging.Logger, back: ExitStack) -> None:
    """Let a logger log errors only; a level that somebody sets meanwhile is not overwritten at the end."""
    was = logger.level
    if was >= logging.ERROR:
        return
    logger.setLevel(logging.ERROR)
    back.callback(lambda: logger.setLevel(was) if logger.level == logging.ERROR else None)


def _drop_of_loading(record: logging.LogRecord) -> bool:
    """Drop records of the root logger that a thread inside has made, as onnxruntime does; pass all others."""
    return record.levelno >= logging.ERROR or record.thread not in _inside
