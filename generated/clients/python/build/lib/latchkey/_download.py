"""Bytes that a server sends."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Optional, Union

import httpx


class Download:
    """A file on its way. Used with ``with``, or read; else close it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response

    @property
    def size(self) -> Optional[int]:
        """Bytes, where the server said how many."""
        return _size(self.response)

    @property
    def type(self) -> Optional[str]:
        """The media type."""
        return _type(self.response)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.response.iter_bytes()
        finally:
            self.close()

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self)

    def save(self, path: Union[str, "os.PathLike[str]"]) -> int:
        """Writes it to a file, and says how many bytes that were. A file that did not come whole is not left there."""
        whole = Path(path)
        part = whole.with_name(f"{whole.name}.part")
        try:
            with part.open("wb") as file:
                count = sum(file.write(piece) for piece in self)
            part.replace(whole)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return count

    def __enter__(self) -> "Download":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up."""
        self.response.close()


class AsyncDownload:
    """A file on its way. Used with ``async with``, or read; else close it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response

    @property
    def size(self) -> Optional[int]:
        """Bytes, where the server said how many."""
        return _size(self.response)

    @property
    def type(self) -> Optional[str]:
        """The media type."""
        return _type(self.response)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self.response.aiter_bytes():
                yield piece
        finally:
            await self.close()

    async def read(self) -> bytes:
        """All of it."""
        return b"".join([piece async for piece in self])

    async def save(self, path: Union[str, "os.PathLike[str]"]) -> int:
        """Writes it to a file, and says how many bytes that were. A file that did not come whole is not left there."""
        whole = Path(path)
        part = whole.with_name(f"{whole.name}.part")
        count = 0
        try:
            with part.open("wb") as file:
                async for piece in self:
                    count += file.write(piece)
            part.replace(whole)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return count

    async def __aenter__(self) -> "AsyncDownload":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hangs up."""
        await self.response.aclose()


def _size(response: httpx.Response) -> Optional[int]:
    text = response.headers.get("content-length")
    return int(text) if text is not None and "content-encoding" not in response.headers else None


def _type(response: httpx.Response) -> Optional[str]:
    text: Optional[str] = response.headers.get("content-type")
    return text
