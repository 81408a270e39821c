"""Where failing cases are kept, as `--memory` names it: a folder, one that is only read, or a Redis server."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...oracle.errors import InvalidArgument

if TYPE_CHECKING:
    from hypothesis.database import ExampleDatabase

READ_ONLY = "readonly:"
_REDIS = ("redis", "rediss")
_SECONDS = 5.0
FORMS = "FOLDER, readonly:FOLDER or redis://HOST:PORT/DB"


def is_read_only(spec: str) -> bool:
    """Whether nothing is written there."""
    return spec.startswith(READ_ONLY)


def folder_of(spec: str) -> Path | None:
    """The folder that is named; None for a server.

    Raises
    ------
    InvalidArgument
        If it is neither.
    """
    place = spec.removeprefix(READ_ONLY)
    if not place:
        raise _refused(spec, f"should be {FORMS}")
    if "://" not in place:
        return Path(place)
    told = urlsplit(place)
    if told.scheme not in _REDIS:
        raise _refused(spec, f"should be {FORMS}")
    if told.password:
        hidden = place.replace(told.password, "...")
        raise _refused(hidden, "should have no password, which a report would tell: set REDISCLI_AUTH instead")
    return None


def is_blank(spec: str) -> bool:
    """Whether it is a folder that holds nothing, so that Hypothesis need not be imported to look into it."""
    folder = folder_of(spec)
    return folder is not None and not (folder.is_dir() and any(folder.iterdir()))


def prepare(spec: str) -> None:
    """Make the folder, or reach the server.

    Raises
    ------
    InvalidArgument
        If that cannot be done.
    """
    folder = folder_of(spec)
    if folder is None:
        with _told_as_usage(spec):
            _client(spec).ping()
    elif is_read_only(spec):
        if not folder.is_dir():
            raise _refused(spec, "should be a folder that there is")
    else:
        _make(folder, spec)


def _make(folder: Path, spec: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(spec, f"should be a folder: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise _refused(spec, "should be a folder that can be written")


def opened(spec: str) -> ExampleDatabase:
    """Hypothesis's own database of it."""
    from hypothesis.database import DirectoryBasedExampleDatabase, ReadOnlyDatabase

    folder = folder_of(spec)
    if folder is not None:
        database: ExampleDatabase = DirectoryBasedExampleDatabase(folder)
    else:
        from hypothesis.extra.redis import RedisExampleDatabase

        database = RedisExampleDatabase(_client(spec), key_prefix=b"convoracle:")
    return ReadOnlyDatabase(database) if is_read_only(spec) else database


@contextmanager
def told_as_failure(specs: tuple[str, ...]) -> Iterator[None]:
    """What a server does wrong, as an `OSError`."""
    if all(folder_of(spec) is not None for spec in specs):
        yield
        return
    from redis.exceptions import RedisError

    try:
        yield
    except RedisError as error:
        raise OSError(errno.EIO, str(error), ", ".join(specs)) from None


@contextmanager
def _told_as_usage(spec: str) -> Iterator[None]:
    try:
        with told_as_failure((spec,)):
            yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "redis":
            raise
        told = "needs redis, which is not installed: pip install redis"
        raise _refused(spec, f"{told}, or in a clone of convoracle pip install '.[redis]'") from None
    except OSError as error:
        raise _refused(spec, f"should be a server that answers: {error.strerror}") from None


def _client(spec: str):  # type: ignore[no-untyped-def]  # redis is optional
    from redis import Redis

    given = {"password": password} if (password := os.environ.get("REDISCLI_AUTH")) else {}
    place = spec.removeprefix(READ_ONLY)
    return Redis.from_url(place, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, **given)


def _refused(spec: str, requirement: str) -> InvalidArgument:
    return InvalidArgument("memory", spec, requirement, where="check")
