"""What is looked for: a key, what was signed with it, and a payer; and the looking."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterable
from urllib.parse import quote

from tests.api.wire import KEY, SHOP, Server

__all__ = ["ACCOUNT", "EMAIL", "KEY", "PEOPLE", "SHOP", "found_in", "secrets_of"]

EMAIL = "canary.payer@mail.example"
ACCOUNT = "4111222233334444"
PEOPLE = ("canary.payer", "411122223333")
"""The parts of the two that a mask takes away."""


def secrets_of(server: Server, *, since: int = 0) -> list[str]:
    """List the canaries, and the signatures that reached a server, from one request on."""
    sent = [request.headers.get("authorization", "") for request in server.requests[since:]]
    return [KEY, *PEOPLE, *dict.fromkeys(value.removeprefix("Bearer ") for value in sent if value)]


def found_in(shown: str | bytes, secrets: Iterable[str]) -> list[str]:
    """List the secrets that stand in a text, in plain or written otherwise."""
    text = shown.decode("latin-1") if isinstance(shown, bytes) else shown
    return [secret for secret in secrets if any(form in text for form in _forms(secret))]


@functools.cache
def _forms(secret: str) -> tuple[str, ...]:
    """Write a secret in other ways: escaped, in hex, in two bytes a letter, in base64."""
    raw = secret.encode()
    # A text looks in three ways in base64, by where it begins; its ends depend on what stands beside it.
    encoded = [base64.b64encode(bytes(shift) + raw).decode()[4 * bool(shift) : -4] for shift in range(3)]
    wide = secret.encode("utf-16-le").decode("latin-1")
    return (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], raw.hex(), wide, *encoded)
