"""Files to be sent."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Optional, Union

#: A path, bytes, a file that was opened for reading bytes, or an :class:`Upload`.
FileInput = Union["Upload", str, "os.PathLike[str]", bytes, BinaryIO]
#: Is told how many bytes have gone, and of how many, where that is known.
Progress = Callable[[int, Optional[int]], None]

_PIECE = 1 << 16


class Upload:
    """A file with what is said of it: its name, its type, and who is told how far it is."""

    def __init__(
        self,
        source: Union[str, "os.PathLike[str]", bytes, BinaryIO],
        *,
        name: Optional[str] = None,
        type: Optional[str] = None,
        progress: Optional[Progress] = None,
    ) -> None:
        self.source = source
        self.name = name
        self.type = type
        self.progress = progress


class File(io.RawIOBase):
    """What is read while it is sent. Told of by :func:`part`."""

    def __init__(self, field: str, upload: Upload) -> None:
        super().__init__()
        source = upload.source
        self._opened = isinstance(source, (str, os.PathLike))
        self._file: BinaryIO
        name: Any = upload.name
        if isinstance(source, bytes):
            self._file = io.BytesIO(source)
        elif isinstance(source, (str, os.PathLike)):
            self._file = Path(source).open("rb")
            name = name or Path(source).name
        else:
            self._file = source
            own = getattr(source, "name", None)
            name = name or (os.path.basename(own) if isinstance(own, str) else None)
        self.title = name or field
        self.type = upload.type or "application/octet-stream"
        self._progress = upload.progress
        self.rewinds = self._file.seekable()
        self._start = self._file.tell() if self.rewinds else 0
        self.size = self._length()
        self._sent = 0

    def _length(self) -> Optional[int]:
        if not self.rewinds:
            return None
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(self._start)
        return end - self._start

    def rewind(self) -> None:
        """Begins again."""
        self._file.seek(self._start)
        self._sent = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self.rewinds

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = self._start if whence == os.SEEK_SET else 0
        at = self._file.seek(base + offset, whence) - self._start
        if whence != os.SEEK_END:
            self._sent = at
        return at

    def tell(self) -> int:
        return self._file.tell() - self._start

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._sent += len(piece)
        if self._progress and piece:
            self._progress(self._sent, self.size)
        return piece

    def part(self) -> tuple[str, "File", str]:
        """As a part of a form."""
        return (self.title, self, self.type)

    def close(self) -> None:
        if self._opened:
            self._file.close()
        super().close()

    def pieces(self) -> Iterator[bytes]:
        """As a body of its own."""
        while piece := self.read(_PIECE):
            yield piece

    async def pieces_async(self) -> AsyncIterator[bytes]:
        """The same for an asynchronous client."""
        while piece := self.read(_PIECE):
            yield piece


def part(field: str, given: FileInput) -> File:
    """What is to be sent under this name."""
    return File(field, given if isinstance(given, Upload) else Upload(given))
