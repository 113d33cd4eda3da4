"""The clients: one that waits, one that does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Optional

import httpx

from ._credentials import Credentials, Tokens
from ._transport import RETRIES, TIMEOUT, AsyncTransport, SyncTransport

# modules


class Latchkey:
    """A server, and what opens it.

    ``api_key`` is a key of yours; without one, :meth:`sign_in` or ``tokens`` open a session, which is refreshed by itself.
    ``application_key`` is the installation's: ``magpipe.auth`` wants it. ``timeout`` is in seconds; ``retries`` is how often
    what may be sent again is; ``on_tokens`` is told of the tokens of a session when there are new ones. ``client`` is an
    httpx.Client of your own, with proxies or certificates: you close it yourself.
    """

    def __init__(
        self,
        url: str,
        api_key: Optional[str] = None,
        *,
        tokens: Optional[Tokens] = None,
        application_key: Optional[str] = None,
        timeout: float = TIMEOUT,
        retries: int = RETRIES,
        on_tokens: Optional[Callable[[Optional[Tokens]], object]] = None,
        client: Optional[httpx.Client] = None,
    ) -> None:
        self._credentials = Credentials(api_key, tokens, application_key, on_tokens)
        self._transport = SyncTransport(url, self._credentials, timeout, retries, client)
        # resources

    # surfaces

    def sign_in(self, email: str, password: str) -> Tokens:
        """Opens a session, for this client to go on with. Raises :class:`Unauthenticated`."""
        return self._transport.sign_in(email, password)

    @property
    def tokens(self) -> Optional[Tokens]:
        """Those of the session, to be kept for another time."""
        return self._credentials.tokens

    def __enter__(self) -> "Latchkey":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up."""
        self._transport.close()

    def __repr__(self) -> str:
        return f"Latchkey({self._transport.url!r})"


class AsyncLatchkey:
    """The same for asyncio: each method is awaited, lists are ``async for``."""

    def __init__(
        self,
        url: str,
        api_key: Optional[str] = None,
        *,
        tokens: Optional[Tokens] = None,
        application_key: Optional[str] = None,
        timeout: float = TIMEOUT,
        retries: int = RETRIES,
        on_tokens: Optional[Callable[[Optional[Tokens]], object]] = None,
        client: Optional[httpx.AsyncClient] = None,
    ) -> None:
        self._credentials = Credentials(api_key, tokens, application_key, on_tokens)
        self._transport = AsyncTransport(url, self._credentials, timeout, retries, client)
        # async resources

    # async surfaces

    async def sign_in(self, email: str, password: str) -> Tokens:
        """Opens a session, for this client to go on with. Raises :class:`Unauthenticated`."""
        return await self._transport.sign_in(email, password)

    @property
    def tokens(self) -> Optional[Tokens]:
        """Those of the session, to be kept for another time."""
        return self._credentials.tokens

    async def __aenter__(self) -> "AsyncLatchkey":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hangs up."""
        await self._transport.close()

    def __repr__(self) -> str:
        return f"AsyncLatchkey({self._transport.url!r})"
