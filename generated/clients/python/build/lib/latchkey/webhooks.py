"""Messages of webhooks: is one from the server, and new (https://www.standardwebhooks.com)?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, Optional, Union

#: Seconds that a message may be old, or that the clocks may differ by.
TOLERANCE = 300


class InvalidSignature(ValueError):
    """The message is not from the server, was changed, or is too old."""


def verify(
    body: Union[bytes, str], headers: Mapping[str, str], secret: str, *, tolerance: float = TOLERANCE, now: Optional[float] = None
) -> Any:
    """The JSON of a message whose signature holds.

    ``body`` is what came, byte for byte; ``secret`` is the endpoint's, ``whsec_`` and all. Raises :class:`InvalidSignature`.
    """
    given = {name.lower(): value for name, value in headers.items()}
    name, sent, signatures = (given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (name and signatures and sent.isdigit()):
        raise InvalidSignature("webhook-id, webhook-timestamp or webhook-signature is not there.")
    if abs((time.time() if now is None else now) - int(sent)) > tolerance:
        raise InvalidSignature("The message is too old, or the clocks differ.")
    content = body.encode() if isinstance(body, str) else body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{name}.{sent}.".encode() + content, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(mac)
    if not any(hmac.compare_digest(wanted, one.encode()) for one in signatures.split(" ")):
        raise InvalidSignature("The signature does not hold.")
    return json.loads(content)
