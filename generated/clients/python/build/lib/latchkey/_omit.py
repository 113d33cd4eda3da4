"""What stands for "not given", as ``None`` is a value of its own: it is sent as ``null``."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Omit(Enum):
    """The kind of :data:`OMIT`."""

    OMIT = "omit"

    def __repr__(self) -> str:
        return "OMIT"


#: Leaves an argument out of the request.
OMIT: Final = Omit.OMIT
