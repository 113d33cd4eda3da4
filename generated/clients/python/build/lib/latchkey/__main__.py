"""``python -m latchkey``: shows who one is, by ``LATCHKEY_URL`` and ``LATCHKEY_API_KEY``."""

from __future__ import annotations

import os
import sys

from . import Latchkey, LatchkeyError


def main() -> int:
    url = os.environ.get("LATCHKEY_URL", "http://localhost:6789")
    key = os.environ.get("LATCHKEY_API_KEY")
    if not key:
        print("Set LATCHKEY_API_KEY to a key of yours; LATCHKEY_URL says where the server is.", file=sys.stderr)
        return 2
    try:
        with Latchkey(url=url, api_key=key, retries=0) as client:
            me = client.me.get()
    except (LatchkeyError, ValueError) as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1
    print(f"{me.username or me.email} at {url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
