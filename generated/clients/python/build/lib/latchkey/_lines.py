"""The lines of an answer that comes in pieces."""


class Lines:
    """
    Takes pieces of bytes, gives lines of text. A line ends with a line feed and with nothing else: a text may hold U+2028, U+0085 and others that
    ``str.splitlines`` and httpx's ``iter_lines`` take for ends.

    >>> lines = Lines()
    >>> lines.take("data: a\\u2028b\\r\\n\\ndata: caf\\u00e9".encode()[:-1])
    ['data: a\\u2028b', '']
    >>> lines.take(b"\\xa9\\n")
    ['data: café']
    >>> lines.rest()
    []
    """

    def __init__(self) -> None:
        self._begun: list[bytes] = []

    def take(self, piece: bytes) -> list[str]:
        """The lines that end in a piece."""
        *ends, rest = piece.split(b"\n")
        if ends:
            ends[0] = b"".join([*self._begun, ends[0]])
            self._begun = []
        self._begun.append(rest)
        return [_text(line) for line in ends]

    def rest(self) -> list[str]:
        """What came after the last line feed, if anything did."""
        line = _text(b"".join(self._begun))
        return [line] if line else []


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
