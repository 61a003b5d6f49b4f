"""Something that does not belong to anybody, planted where a way of looking must find it."""

from __future__ import annotations

from typing import Any

import urllib3

PLANTED = "PLANTED0WHERE0IT0MUST0BE0FOUND"


def frame_of_a_library(secret: str, line: str = "raise ValueError('wrong')") -> None:
    """Fail in a frame of the HTTP library that has a secret in its variables."""
    code = f"def send(secret):\n    body = [secret]\n    {line}\n"
    space: dict[str, Any] = {}
    exec(compile(code, urllib3.__file__, "exec"), space)
    space["send"](secret)
