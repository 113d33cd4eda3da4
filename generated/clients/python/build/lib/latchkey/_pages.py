"""Lists: one page, or all of the items over as many pages as there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Awaitable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Optional, TypeVar
from urllib.parse import parse_qs, urlsplit

from ._decode import decode

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list."""

    items: list[T]
    #: How many there are on all pages, where the surface says so.
    count: Optional[int] = None
    #: The parameters of the next page; none on the last.
    next: Optional[dict[str, Any]] = field(default=None, repr=False)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Paging:
    """How a list goes on: ``kind``, the key of its items, and what they are."""

    kind: str
    items: str
    model: Any

    def page(self, answer: Any, query: dict[str, Any]) -> Page[Any]:
        """The page that an answer is."""
        found = answer.get(self.items) if self.items else answer
        items = [decode(self.model, item) for item in found or []]
        said = answer if isinstance(answer, dict) else {}
        below = said.get("metadata")
        metadata = below if isinstance(below, dict) else {}
        count = said.get("count", said.get("total", metadata.get("count")))
        return Page(items, count if isinstance(count, int) else None, self._next(said, metadata, query, len(items)))

    def _next(
        self, said: dict[str, Any], metadata: dict[str, Any], query: dict[str, Any], length: int
    ) -> Optional[dict[str, Any]]:
        if self.kind in ("cursor", "page"):
            name = "cursor" if self.kind == "cursor" else "page"
            link = said.get("next")
            value = parse_qs(urlsplit(link).query).get(name) if isinstance(link, str) else None
            return {**query, name: value[0]} if value else None
        if length == 0:
            return None
        if self.kind == "skip":
            after = int(said.get("skip") or 0) + length
            return {**query, "skip": after} if after < int(said.get("total") or 0) else None
        if self.kind == "offset" and metadata.get("next"):
            return {**query, "_offset": int(query.get("_offset") or 0) + length}
        return None


class Pages(Generic[T]):
    """All items of a list, page after page as they are needed: ``for item in pages``. One page: :meth:`page`."""

    def __init__(self, ask: Callable[[dict[str, Any]], Page[T]], query: dict[str, Any]) -> None:
        self._ask = ask
        self._query = query

    def page(self) -> Page[T]:
        """The first page alone."""
        return self._ask(self._query)

    def pages(self) -> Iterator[Page[T]]:
        """One page after the other."""
        query: Optional[dict[str, Any]] = self._query
        while query is not None:
            page = self._ask(query)
            yield page
            query = page.next

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items


class AsyncPages(Generic[T]):
    """All items of a list: ``async for item in pages``. One page: ``await pages``."""

    def __init__(self, ask: Callable[[dict[str, Any]], Awaitable[Page[T]]], query: dict[str, Any]) -> None:
        self._ask = ask
        self._query = query

    def __await__(self) -> Generator[Any, None, Page[T]]:
        return self.page().__await__()

    async def page(self) -> Page[T]:
        """The first page alone."""
        return await self._ask(self._query)

    async def pages(self) -> AsyncIterator[Page[T]]:
        """One page after the other."""
        query: Optional[dict[str, Any]] = self._query
        while query is not None:
            page = await self._ask(query)
            yield page
            query = page.next

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item
