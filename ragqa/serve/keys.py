"""Keys: who may do what. A file holds their hashes; a key itself is shown once, when it is made."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from ragqa.convert import Misfit, convert, misfit, one_of, plain, read_json
from ragqa.errors import ConfigError, SourceError
from ragqa.filters import Filter, parse_conditions
from ragqa.serve.rates import Rate, parse_rate
from ragqa.store.atomic import replace_file, storing
from ragqa.store.lock import writer_lock

ACTIONS = ("ask", "search", "write", "admin")
PREFIX = "ragqa"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Key:
    """What a file knows of a key. ``indexes`` are the names of those it is for, none meaning all; ``where`` are
    conditions as on the command line, which every request of the key must meet; ``expires`` is an ISO time; ``rate`` is
    how often it may ask, such as "60/m".

    A key with conditions cannot write: it could take the place of documents that it may not see.
    """

    id: str
    name: str
    hash: str
    actions: tuple[str, ...]
    created: str
    indexes: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    expires: str | None = None
    rate: str | None = None

    def __post_init__(self) -> None:
        """Check the actions, the conditions, the time and the rate."""
        for action in self.actions:
            if action not in ACTIONS:
                raise Misfit(misfit("actions", action, one_of(ACTIONS)))
        if self.where and "write" in self.actions:
            raise ConfigError(f"key {self.name!r:.100}: a key with a filter cannot write: make two keys")
        parse_conditions(self.where)
        if self.expires is not None and datetime.fromisoformat(self.expires).tzinfo is None:
            raise Misfit(misfit("expires", self.expires, "a time with its offset"))
        if self.rate is not None:
            parse_rate(self.rate)

    @property
    def filter(self) -> Filter | None:
        """The filter that ``where`` says."""
        return parse_conditions(self.where)

    @property
    def limit(self) -> Rate | None:
        """The rate that ``rate`` says."""
        return None if self.rate is None else parse_rate(self.rate)

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and now >= datetime.fromisoformat(self.expires)


@dataclass(frozen=True, slots=True)
class _Content:
    format: int
    keys: tuple[Key, ...]


class KeyFile:
    """The keys in a file. Changes are seen at once by whoever has it open, also in other processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> tuple[Key, ...]:
        """All keys, oldest first; none if there is no file. A file that cannot be read is a `ConfigError`."""
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be read as keys ({error.strerror})") from error
        return _read(self.path, (facts.st_mtime_ns, facts.st_size, facts.st_ino))

    def create(
        self,
        name: str,
        actions: Sequence[str] = ("ask", "search"),
        *,
        indexes: Sequence[str] = (),
        where: Sequence[str] = (),
        days: float | None = None,
        rate: str | None = None,
    ) -> tuple[Key, str]:
        """A new key: what the file keeps of it, and the key itself, which cannot be had again."""
        secret, now = secrets.token_urlsafe(32), datetime.now(UTC).replace(microsecond=0)
        expires = None if days is None else (now + timedelta(days=days)).isoformat()
        key = Key(
            secrets.token_hex(4),
            name,
            _hash(secret),
            tuple(dict.fromkeys(actions)),
            now.isoformat(),
            tuple(indexes),
            tuple(where),
            expires,
            rate,
        )
        with self._changing():
            self._write((*self.keys(), key))
        return key, f"{PREFIX}_{key.id}_{secret}"

    def revoke(self, key_id: str) -> Key:
        """Forget a key; `SourceError` if there is none of this id."""
        with self._changing():
            known = self.keys()
            found = [key for key in known if key.id == key_id]
            if not found:
                raise SourceError(f"{self.path}: has no key {key_id!r:.100}: ragqa keys list shows them")
            self._write([key for key in known if key.id != key_id])
            return found[0]

    def find(self, token: str) -> Key | None:
        """The key that a caller gave, if it is known and its time is not over. The time that this takes does not depend
        on how much of a wrong key is right.
        """
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        key = next((key for key in self.keys() if key.id == key_id), None)
        right = hmac.compare_digest(_hash(secret), key.hash if key else _hash(""))
        if key is None or not right or prefix != PREFIX or key.expired(datetime.now(UTC)):
            return None
        return key

    def _changing(self) -> AbstractContextManager[None]:
        """One change at a time, so that none undoes another."""
        return writer_lock(self.path.with_name(f"{self.path.name}.lock"), self.path.name)

    def _write(self, keys: Collection[Key]) -> None:
        content = {"format": FORMAT, "keys": [plain(key) for key in keys]}
        with storing(self.path):
            replace_file(self.path, (json.dumps(content, indent=1) + "\n").encode(), private=True)


@lru_cache(4)
def _read(path: Path, _version: tuple[int, int, int]) -> tuple[Key, ...]:
    try:
        content = convert(_Content, read_json(path.read_bytes()), complete=True)
        if content.format != FORMAT:
            raise ValueError(f"its format is {content.format}, and this version reads {FORMAT}")
    except (OSError, ValueError, ConfigError) as error:
        raise ConfigError(f"{path}: cannot be read as keys ({error})") from error
    return content.keys


def _hash(secret: str) -> str:
    """A plain hash is enough, as the secret has 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
