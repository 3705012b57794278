"""Every error a user can meet, in one tree.

    RagqaError                exit 1, HTTP 500   something went wrong that has no better name
    ├── ConfigError           exit 2, HTTP 400   an option, a setting or a file of settings is wrong
    │   └── QuestionError     exit 2, HTTP 422   a question that cannot be asked
    ├── SourceError           exit 3, HTTP 404   what was to be read is missing, empty or unreadable
    ├── IndexNotFound         exit 4, HTTP 404   no index there, or several to choose from
    ├── IndexFormatError      exit 5, HTTP 500   an index of another format version, or a damaged one
    ├── IndexLocked           exit 6, HTTP 423   another process is writing to the index
    ├── FingerprintMismatch   exit 7, HTTP 409   asked with another encoder than the index was built with
    ├── ModelError            exit 8, HTTP 500   a model cannot be loaded or does not fit
    ├── MissingExtra          exit 9, HTTP 501   an optional part of the installation is needed
    ├── StorageError          exit 10, HTTP 507  the system refuses: a full, read-only or failing disk, rights, memory,
    │                                            open files
    ├── TrainingError         exit 11, HTTP 500  training cannot go on: no data, no memory, or it diverges
    └── ServiceError          exit 12, HTTP 502  a service cannot be reached, lets nobody in, or has no time

A message is one line: what happened, to which file or question, and what to do. Ctrl-C exits with 130.
"""

from __future__ import annotations

import re


class RagqaError(Exception):
    """Root of all errors raised on purpose."""

    exit_code = 1
    http_status = 500


class ConfigError(RagqaError):
    """An option, a setting or a settings file is wrong."""

    exit_code = 2
    http_status = 400


class QuestionError(ConfigError):
    """A question that cannot be asked: empty, or not text."""

    http_status = 422


class SourceError(RagqaError):
    """What was to be read is missing, empty or unreadable."""

    exit_code = 3
    http_status = 404


class IndexNotFound(RagqaError):
    """There is no index at that place, or several stand to choice."""

    exit_code = 4
    http_status = 404


class IndexFormatError(RagqaError):
    """The index has another format version or is damaged; never said of what the system refuses (`StorageError`)."""

    exit_code = 5


class IndexLocked(RagqaError):
    """Another process is writing to the index."""

    exit_code = 6
    http_status = 423


class FingerprintMismatch(RagqaError):
    """The encoder in use is not the one the index was built with."""

    exit_code = 7
    http_status = 409


class ModelError(RagqaError):
    """A model cannot be loaded, or does not fit its task."""

    exit_code = 8


class MissingExtra(RagqaError):
    """An optional part of the installation is needed."""

    exit_code = 9
    http_status = 501

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part of ragqa: pip install 'ragqa[{extra}]'")


class StorageError(RagqaError):
    """The system refuses: the disk is full, read-only or failing, rights, memory or open files are missing."""

    exit_code = 10
    http_status = 507


class TrainingError(RagqaError):
    """Training cannot go on: nothing to learn from, too little memory, or it diverges."""

    exit_code = 11


class ServiceError(RagqaError):
    """A service that was asked cannot be reached, does not let the caller in, or has no time."""

    exit_code = 12
    http_status = 502


def name_of(kind: type[RagqaError]) -> str:
    """What a service calls a kind of error: "question-error" for `QuestionError`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def named_kinds() -> dict[str, type[RagqaError]]:
    """All kinds of errors by `name_of`."""
    found, waiting = dict[str, type[RagqaError]](), [RagqaError]
    while waiting:
        kind = waiting.pop()
        found[name_of(kind)] = kind
        waiting += kind.__subclasses__()
    return found
