"""Sending: credentials, time-outs, sending again, refreshing a session. httpx is known here alone, and where answers are read."""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from dataclasses import replace
from typing import Any, Optional

import httpx

from ._credentials import Credentials, Tokens, tokens_of
from ._download import AsyncDownload, Download
from ._errors import LatchkeyError, Unauthenticated, Unavailable, refusal
from ._events import AsyncStream, Stream
from ._omit import OMIT
from ._operation import Arguments, Operation, Request, request_of
from ._pages import AsyncPages, Page, Pages, Paging
from ._decode import decode
from ._version import VERSION

#: Seconds for an answer to begin.
TIMEOUT = 60.0
#: How often something is sent again.
RETRIES = 3
_AGAIN = {429, 502, 503, 504}
_REFRESH = Operation("POST", "/v1/sessions/refresh", sends="json")
_SIGN_IN = Operation("POST", "/v1/sessions", sends="json")


class Transport:
    """What both clients share: what to send, and what to do with an answer."""

    def __init__(self, url: str, credentials: Credentials, timeout: float, retries: int) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"url is {url!r}; it begins with http:// or https://.")
        self.url = url.rstrip("/")
        self.credentials = credentials
        self.timeout = timeout
        self.retries = retries

    def call(self, operation: Operation, given: Arguments) -> Request:
        request = request_of(operation, given)
        if operation.keyed:
            request.headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        return request

    def arguments(self, request: Request, is_async: bool) -> tuple[dict[str, Any], Optional[str]]:
        own, token = self.credentials.headers(request.operation.schemes)
        content = request.content
        if content is not None and not isinstance(content, bytes):
            content = content.pieces_async() if is_async else content.pieces()
        seconds = request.timeout or self.timeout
        return {
            "method": request.operation.verb,
            "url": f"{self.url}{request.path}",
            "params": request.query or None,
            "headers": {"Accept": "*/*", "User-Agent": f"latchkey-python/{VERSION}", **request.headers, **own},
            "content": content,
            "data": request.data,
            "files": request.files,
            "timeout": httpx.Timeout(seconds, pool=None),
        }, token

    def pause(self, attempt: int, request: Request, error: LatchkeyError) -> Optional[float]:
        """Seconds to wait before it is sent again; none where it is not."""
        may = error.status == 429 or request.repeats
        files = all(source.rewinds for source in request.sources)
        if attempt >= self.retries or not may or not files or error.status not in (0, *_AGAIN):
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= TIMEOUT else None
        return float(min(8.0, 0.25 * 2**attempt) * (0.5 + random.random() / 2))

    @staticmethod
    def lost(error: Exception) -> Unavailable:
        return Unavailable(f"No answer: {error or type(error).__name__}.")

    @staticmethod
    def unreadable(response: httpx.Response) -> LatchkeyError:
        return Unavailable("The answer is no JSON.", status=response.status_code)

    @classmethod
    def judged(cls, response: httpx.Response, operation: Operation) -> Any:
        """The JSON of an answer that was read. Raises what it refuses with."""
        try:
            body = json.loads(response.content) if response.content else None
        except ValueError:
            if response.is_success:
                raise cls.unreadable(response) from None
            body = None
        hidden = operation.hides and isinstance(body, dict) and "error" in body
        if not response.is_success or hidden:
            raise refusal(response.status_code, body, response.headers)
        return body

    def can_refresh(self, token: Optional[str]) -> bool:
        tokens = self.credentials.tokens
        return token is not None and tokens is not None and tokens.refresh_token is not None


class SyncTransport(Transport):
    """Sends, and waits."""

    def __init__(
        self, url: str, credentials: Credentials, timeout: float, retries: int, client: Optional[httpx.Client]
    ) -> None:
        super().__init__(url, credentials, timeout, retries)
        self.client = client or httpx.Client()
        self._owns = client is None

    def close(self) -> None:
        if self._owns:
            self.client.close()

    def send(self, request: Request, stream: bool = False) -> Any:
        try:
            return self._send(request, stream)
        finally:
            for source in request.sources:
                source.close()

    def _send(self, request: Request, stream: bool) -> Any:
        attempt, refreshed = 0, False
        while True:
            arguments, token = self.arguments(request, False)
            try:
                return self._once(request, arguments, stream)
            except LatchkeyError as error:
                if isinstance(error, Unauthenticated) and not refreshed and self.can_refresh(token):
                    refreshed = True
                    self._refresh(token)
                    request.rewind()
                    continue
                pause = self.pause(attempt, request, error)
                if pause is None:
                    raise
            time.sleep(pause)
            attempt += 1
            request.rewind()

    def _once(self, request: Request, arguments: dict[str, Any], stream: bool) -> Any:
        try:
            response = self.client.send(self.client.build_request(**arguments), stream=True)
            if stream and response.is_success:
                return response
            response.read()
            response.close()
        except httpx.HTTPError as error:
            raise self.lost(error) from error
        return self.judged(response, request.operation)

    def _refresh(self, stale: Optional[str]) -> None:
        with self.credentials.lock:
            tokens = self.credentials.tokens
            if tokens is None or tokens.access_token != stale:
                return
            asked = self.call(_REFRESH, Arguments(body={"refresh_token": tokens.refresh_token}))
            self.credentials.tokens = tokens_of(self._send(asked, False))

    def sign_in(self, email: str, password: str) -> Tokens:
        asked = self.call(_SIGN_IN, Arguments(body={"email": email, "password": password}))
        tokens = tokens_of(self._send(asked, False))
        self.credentials.tokens = tokens
        return tokens

    def ask(
        self,
        operation: Operation,
        model: Any,
        given: Arguments,
    ) -> Any:
        return decode(model, self.send(self.call(operation, given)))

    def pages(
        self,
        operation: Operation,
        paging: Paging,
        given: Arguments,
    ) -> Pages[Any]:
        def ask(query: dict[str, Any]) -> Page[Any]:
            return paging.page(self.send(self.call(operation, replace(given, query=query))), query)

        return Pages(ask, _query(given))

    def stream(
        self,
        operation: Operation,
        model: Any,
        given: Arguments,
    ) -> Stream[Any]:
        request = self.call(operation, given)
        return Stream(self.send(request, stream=True), model)

    def download(
        self,
        operation: Operation,
        given: Arguments,
    ) -> Download:
        request = self.call(operation, given)
        return Download(self.send(request, stream=True))


class AsyncTransport(Transport):
    """Sends, and lets others go on."""

    def __init__(
        self, url: str, credentials: Credentials, timeout: float, retries: int, client: Optional[httpx.AsyncClient]
    ) -> None:
        super().__init__(url, credentials, timeout, retries)
        self.client = client or httpx.AsyncClient()
        self._owns = client is None

    async def close(self) -> None:
        if self._owns:
            await self.client.aclose()

    async def send(self, request: Request, stream: bool = False) -> Any:
        try:
            return await self._send(request, stream)
        finally:
            for source in request.sources:
                source.close()

    async def _send(self, request: Request, stream: bool) -> Any:
        attempt, refreshed = 0, False
        while True:
            arguments, token = self.arguments(request, True)
            try:
                return await self._once(request, arguments, stream)
            except LatchkeyError as error:
                if isinstance(error, Unauthenticated) and not refreshed and self.can_refresh(token):
                    refreshed = True
                    await self._refresh(token)
                    request.rewind()
                    continue
                pause = self.pause(attempt, request, error)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            attempt += 1
            request.rewind()

    async def _once(self, request: Request, arguments: dict[str, Any], stream: bool) -> Any:
        try:
            response = await self.client.send(self.client.build_request(**arguments), stream=True)
            if stream and response.is_success:
                return response
            await response.aread()
            await response.aclose()
        except httpx.HTTPError as error:
            raise self.lost(error) from error
        return self.judged(response, request.operation)

    async def _refresh(self, stale: Optional[str]) -> None:
        async with self.credentials.async_lock:
            tokens = self.credentials.tokens
            if tokens is None or tokens.access_token != stale:
                return
            asked = self.call(_REFRESH, Arguments(body={"refresh_token": tokens.refresh_token}))
            self.credentials.tokens = tokens_of(await self._send(asked, False))

    async def sign_in(self, email: str, password: str) -> Tokens:
        asked = self.call(_SIGN_IN, Arguments(body={"email": email, "password": password}))
        tokens = tokens_of(await self._send(asked, False))
        self.credentials.tokens = tokens
        return tokens

    async def ask(
        self,
        operation: Operation,
        model: Any,
        given: Arguments,
    ) -> Any:
        return decode(model, await self.send(self.call(operation, given)))

    def pages(
        self,
        operation: Operation,
        paging: Paging,
        given: Arguments,
    ) -> AsyncPages[Any]:
        async def ask(query: dict[str, Any]) -> Page[Any]:
            return paging.page(await self.send(self.call(operation, replace(given, query=query))), query)

        return AsyncPages(ask, _query(given))

    async def stream(
        self,
        operation: Operation,
        model: Any,
        given: Arguments,
    ) -> AsyncStream[Any]:
        request = self.call(operation, given)
        return AsyncStream(await self.send(request, stream=True), model)

    async def download(
        self,
        operation: Operation,
        given: Arguments,
    ) -> AsyncDownload:
        request = self.call(operation, given)
        return AsyncDownload(await self.send(request, stream=True))


def _query(given: Arguments) -> dict[str, Any]:
    return {name: value for name, value in given.query.items() if value is not OMIT}
