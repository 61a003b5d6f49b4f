"""Take the code and the commands out of the documents, as a reader would copy them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.ru.md")


def blocks(document: str, language: str) -> list[str]:
    """List the fenced blocks of a language in a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(document: str) -> list[list[str]]:
    """List the lines of the shell blocks that call a program, split as a shell splits them."""
    lines = [line for block in blocks(document, "sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line and not re.match(r"[A-Z_]+=", line)]
