"""Answers that come piece by piece: server-sent events, and JSON by lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Optional, TypeVar

import httpx

from ._decode import decode
from ._lines import Lines

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """A server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

    event: str
    data: str
    id: Optional[str] = None

    def json(self) -> Any:
        """``data`` as JSON."""
        return json.loads(self.data)


class _Reader:
    """Takes lines, gives events."""

    def __init__(self) -> None:
        self._event = ""
        self._data: list[str] = []
        self._id: Optional[str] = None

    def take(self, line: str) -> Optional[Event]:
        if not line:
            found = Event(self._event or "message", "\n".join(self._data), self._id) if self._data else None
            self._event, self._data = "", []
            return found
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        return None


class Stream(Generic[T]):
    """What comes, as it comes. Used with ``with``, or read to its end; else close it."""

    def __init__(self, response: httpx.Response, kind: Any) -> None:
        self.response = response
        self._kind = kind

    def __iter__(self) -> Iterator[T]:
        reader, lines = _Reader(), Lines()
        try:
            for chunk in self.response.iter_bytes():
                for line in lines.take(chunk):
                    yield from _pieces(self._kind, reader, line)
            for line in lines.rest():
                yield from _pieces(self._kind, reader, line)
        finally:
            self.close()

    def __enter__(self) -> "Stream[T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up."""
        self.response.close()


class AsyncStream(Generic[T]):
    """What comes, as it comes. Used with ``async with``, or read to its end; else close it."""

    def __init__(self, response: httpx.Response, kind: Any) -> None:
        self.response = response
        self._kind = kind

    async def __aiter__(self) -> AsyncIterator[T]:
        reader, lines = _Reader(), Lines()
        try:
            async for chunk in self.response.aiter_bytes():
                for line in lines.take(chunk):
                    for piece in _pieces(self._kind, reader, line):
                        yield piece
            for line in lines.rest():
                for piece in _pieces(self._kind, reader, line):
                    yield piece
        finally:
            await self.close()

    async def __aenter__(self) -> "AsyncStream[T]":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hangs up."""
        await self.response.aclose()


def _pieces(kind: Any, reader: _Reader, line: str) -> Iterator[Any]:
    if kind is Event:
        event = reader.take(line)
        if event:
            yield event
    elif line.strip():
        yield decode(kind, json.loads(line))
