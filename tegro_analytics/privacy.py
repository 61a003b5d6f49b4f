"""Masks for what identifies people, and customer keys that cannot be turned back."""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
from pathlib import Path

from tegro_analytics.exceptions import ConfigurationError

SALT_FILE = "customer-salt"
SALT_BYTES = 32

_EMAIL = re.compile(r"([^\s@\"'<>:,;()\[\]\\]{1,64})@([^\s@\"'<>:,;()\[\]\\]+)")

_LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){10,}")


def mask_email(email: str | None) -> str | None:
    """Keep the first letter and the domain of an e-mail address.

    Examples
    --------
    >>> mask_email("user@site.ru")
    'u***@site.ru'
    >>> mask_email("not an address")
    'n***'
    """
    if not email:
        return email
    local, at, domain = email.strip().rpartition("@")
    return f"{local[:1]}***@{domain}" if at else f"{domain[:1]}***"


def mask_emails(text: str) -> str:
    """Mask every e-mail address inside a text.

    Examples
    --------
    >>> mask_emails('{"email": "user@site.ru", "id": 7}')
    '{"email": "u***@site.ru", "id": 7}'
    """
    return _EMAIL.sub(lambda found: f"{found[1][:1]}***@{found[2]}", text)


def mask_account(account: str | None) -> str | None:
    """Keep the last four characters of a payout account, and no more than a third of it.

    Examples
    --------
    >>> mask_account("4111111111111111")
    '***1111'
    >>> mask_account("12345")
    '***5'
    """
    if not account:
        return account
    keep = min(4, len(account) // 3)
    return f"***{account[-keep:]}" if keep else "***"


def mask_numbers(text: str) -> str:
    """Mask every number inside a text that is as long as that of a card, an account or a telephone.

    Examples
    --------
    >>> mask_numbers("4111 2222 3333 4444 at 2026-03-01 10:00:00 for 2000.00000000")
    '***4444 at 2026-03-01 10:00:00 for 2000.00000000'
    """
    return _LONG_NUMBER.sub(lambda found: f"***{found[0][-4:]}", text)


def customer_key(email: str | None, salt: bytes) -> int | None:
    """Make the key of a customer: 64 bits of HMAC-SHA256 of the trimmed, lower-cased e-mail under ``salt``.

    The same address gives the same key in one data folder, another key in another, and no key gives back the
    address. An empty address gives None.

    Examples
    --------
    >>> customer_key("A@x.ru ", b"salt") == customer_key("a@x.ru", b"salt")
    True
    >>> customer_key("  ", b"salt") is None
    True
    """
    address = (email or "").strip().lower()
    if not address:
        return None
    digest = hmac.digest(salt, address.encode("utf-8", "surrogatepass"), "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


def load_salt(folder: Path) -> bytes:
    """Read the salt of the customer keys from ``folder``, or make one there that only its owner can read.

    Two processes that come first at the same moment end with the same salt: the file appears whole or not
    at all, and whoever comes second reads what the first one wrote.

    Raises
    ------
    ConfigurationError
        If the file is there but is not a salt: with another salt every customer key would change.
    """
    path = folder / SALT_FILE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = folder / f"{SALT_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(SALT_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            _place(draft, path)
        draft.unlink(missing_ok=True)
    salt = path.read_bytes()
    if len(salt) != SALT_BYTES:
        raise ConfigurationError(
            f"{path} is not a salt of {SALT_BYTES} bytes. Put back a copy of it: a new one would change "
            "every customer key. Delete it only if no earlier result is to be compared."
        )
    return salt


def _place(draft: Path, path: Path) -> None:
    """Give ``draft`` its name unless somebody was first; a hard link never replaces."""
    try:
        os.link(draft, path)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, FileExistsError):
            raise
        draft.rename(path)
