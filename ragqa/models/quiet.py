"""Loading models without what their libraries tell developers. Nobody else's log or warnings are touched."""

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
_WARNED = rf"(?:{'|'.join(LIBRARIES)}|onnx|ragqa\.(?:models|train))(?:\.|\Z)"  # the modules that are named as callers

_lock = threading.Lock()
_inside: dict[int, int] = {}  # how often each thread is inside
_back = ExitStack()


@contextmanager
def quietly() -> Iterator[None]:
    """Without the bars, remarks and warnings of torch, transformers and their kin, which speak to developers.

    Callers check for themselves what they need; errors are raised all the same. The first thread that comes in makes
    these libraries quiet, the last that leaves puts back what was set before.
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
    """Errors only; a level that somebody sets meanwhile stays."""
    was = logger.level
    if was >= logging.ERROR:
        return
    logger.setLevel(logging.ERROR)
    back.callback(lambda: logger.setLevel(was) if logger.level == logging.ERROR else None)


def _drop_of_loading(record: logging.LogRecord) -> bool:
    """Lets through all but remarks that a thread inside has made without a logger of its own, as onnxruntime does."""
    return record.levelno >= logging.ERROR or record.thread not in _inside
