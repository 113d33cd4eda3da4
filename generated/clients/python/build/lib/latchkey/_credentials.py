"""What a client shows for itself, and how each surface wants it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class Tokens:
    """A session: an access token for an hour, and what gets the next one."""

    access_token: str
    refresh_token: Optional[str] = None


class Credentials:
    """An API key, the tokens of a session, the application key; whichever there are."""

    def __init__(
        self,
        api_key: Optional[str],
        tokens: Optional[Tokens],
        application_key: Optional[str],
        on_tokens: Optional[Callable[[Optional[Tokens]], object]],
    ) -> None:
        self.api_key = api_key
        self.application_key = application_key
        self._tokens = tokens
        self._on_tokens = on_tokens
        self.lock = threading.Lock()
        self._async_lock: Optional[asyncio.Lock] = None

    @property
    def tokens(self) -> Optional[Tokens]:
        """Those of the session as it stands."""
        return self._tokens

    @tokens.setter
    def tokens(self, tokens: Optional[Tokens]) -> None:
        self._tokens = tokens
        if self._on_tokens:
            self._on_tokens(tokens)

    @property
    def async_lock(self) -> asyncio.Lock:
        """Made where it is used, as it belongs to a loop."""
        if self._async_lock is None:
            self._async_lock = asyncio.Lock()
        return self._async_lock

    def headers(self, schemes: tuple[str, ...]) -> tuple[dict[str, str], Optional[str]]:
        """The headers for an operation, and the access token where it is one of them."""
        found: dict[str, str] = {}
        token = None
        if "application" in schemes and self.application_key:
            found["apikey"] = self.application_key
        if "x-api-key" in schemes:
            key = self.api_key or self.application_key
            if key:
                found["X-API-KEY"] = key
            return found, None
        if "api-key" in schemes and self.api_key:
            found["Authorization"] = f"Api-Key {self.api_key}"
        elif "bearer" in schemes or "api-key" in schemes or "session" in schemes:
            if self.api_key and "session" not in schemes:
                found["Authorization"] = f"Bearer {self.api_key}"
            elif self.tokens:
                token = self.tokens.access_token
                found["Authorization"] = f"Bearer {token}"
        return found, token


def tokens_of(answer: Any) -> Tokens:
    """What the answer to a sign-in or a refresh holds."""
    return Tokens(answer["access_token"], answer.get("refresh_token"))
