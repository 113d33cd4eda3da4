"""A client of a Latchkey server: ``Latchkey(url=..., api_key=...)``."""

from ._client import AsyncLatchkey, Latchkey
from ._credentials import Tokens
from ._download import AsyncDownload, Download
from ._errors import Conflict, Forbidden, Invalid, LatchkeyError, NotFound, TooMany, Unauthenticated, Unavailable
from ._events import AsyncStream, Event, Stream
from ._omit import OMIT, Omit
from ._pages import AsyncPages, Page, Pages
from ._upload import FileInput, Upload
from ._version import VERSION as __version__

__all__ = [
    "OMIT",
    "AsyncDownload",
    "AsyncLatchkey",
    "AsyncPages",
    "AsyncStream",
    "Conflict",
    "Download",
    "Event",
    "FileInput",
    "Forbidden",
    "Invalid",
    "Latchkey",
    "LatchkeyError",
    "NotFound",
    "Omit",
    "Page",
    "Pages",
    "Stream",
    "Tokens",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
    "Upload",
    "__version__",
]
