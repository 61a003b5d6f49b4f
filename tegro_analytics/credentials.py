"""The API key: an object that signs, that nothing can print, and where it is looked for."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import importlib.util
import os
import stat
import subprocess
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tegro_analytics.exceptions import ConfigurationError, MissingCredentials, TegroDataWarning
from tegro_analytics.prompt import ask_hidden, notebook_shell
from tegro_analytics.texts import tr
from tegro_analytics.tracebacks import opaque

DOTENV = ".env"
TOML = "tegro.toml"
ENCODING = "utf-8-sig"  # Windows' editors put a mark at the start
KEYRING_SERVICE = "tegro_analytics"

UNREADABLE = (tomllib.TOMLDecodeError, UnicodeError, OSError)
"""What reading a settings file may raise. Its first two hold what the file says, a key too."""

_FINGERPRINT = b"tegro_analytics: name of the key, not a signature of a call"
_SHORTEST = 8  # letters; what is shorter may stand in a cell by chance


class ApiKey:
    """Hold an API key so that it can sign, and can do nothing else.

    Only the primed HMAC state is kept, never the key itself: there is nothing to print, to copy, to pickle or
    to find in a traceback's locals.

    Parameters
    ----------
    raw
        The key as it stands on the shop's settings page; blanks around it are taken off.

    Raises
    ------
    ConfigurationError
        If the key is empty, or is no key.

    Examples
    --------
    >>> key = ApiKey("EEFA1913EA9D9351469B1E5D852A")
    >>> key
    ApiKey('***')
    >>> key.sign(b"{}")
    'b0567d892837142b7c18deb2848d9966206ff10612302794a3ae442dd52eac2b'
    """

    __slots__ = ("_mac", "fingerprint")

    fingerprint: str
    """Sixteen hex digits that tell keys apart and say nothing of the key."""

    def __init__(self, raw: str) -> None:
        secret, problem = _bytes_of(raw)
        del raw  # a traceback would show it, and what is almost a key is a secret too
        if problem:
            raise ConfigurationError(f"{problem} Copy it from the settings page of the shop.")
        self._mac = hmac.new(secret, digestmod=hashlib.sha256)
        self.fingerprint = self.sign(_FINGERPRINT)[:16]

    def sign(self, body: bytes) -> str:
        """Sign the exact bytes of a body: HMAC-SHA256, lower-case hex."""
        mac = self._mac.copy()
        mac.update(body)
        return mac.hexdigest()

    def __repr__(self) -> str:
        return "ApiKey('***')"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("an ApiKey cannot be pickled or copied: hand on the one there is, or make it again")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and hmac.compare_digest(self.fingerprint, other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.fingerprint)


def _bytes_of(raw: object) -> tuple[bytes, str]:
    """Give the bytes of a key, or what is wrong with it: never both."""
    if not isinstance(raw, str):
        return b"", f"The API key is text, and this is of type {type(raw).__name__}."
    text = raw.strip()
    if not text:
        return b"", "The API key is empty."
    with contextlib.suppress(UnicodeEncodeError):  # half of a character: the error would hold the key
        return text.encode("utf-8"), ""
    return b"", "The API key has a sign in it that no key has."


@dataclass(frozen=True, slots=True)
class ShopAccess:
    """Hold what opens one shop."""

    name: str
    shop_id: str
    key: ApiKey


@dataclass(frozen=True, slots=True, repr=False)
class Sources:
    """Read single values, the secret ones too, from the places where they may stand."""

    dotenv: Mapping[str, str | None]
    toml: Mapping[str, Any]

    @classmethod
    def here(cls) -> Sources:
        """Read ``.env`` and ``tegro.toml`` of the working folder.

        Raises
        ------
        ConfigurationError
            If one of them cannot be read.
        """
        from dotenv import dotenv_values

        toml: Mapping[str, Any] = {}
        dotenv: Mapping[str, str | None] = {}
        problem = ""
        try:
            if Path(TOML).is_file():
                toml = tomllib.loads(Path(TOML).read_text(encoding="utf-8"))
            if Path(DOTENV).is_file():
                dotenv = dotenv_values(DOTENV, encoding=ENCODING)
        except UNREADABLE as error:
            problem = explain_unreadable(error)
        if problem:
            raise ConfigurationError(problem)
        return cls(dotenv, toml)

    def text(self, variable: str) -> tuple[str | None, str | None]:
        """Look a variable up; gives the value and the place where it was found."""
        if value := os.environ.get(variable, "").strip():
            return value, variable
        if value := (self.dotenv.get(variable) or "").strip():
            return value, DOTENV
        name = variable.removeprefix("TEGRO_").lower()
        if value := str(self.toml.get(name) or "").strip():
            return value, TOML
        return None, None


def explain_unreadable(error: BaseException) -> str:
    """Say why a settings file cannot be read, without a word of what stands in it."""
    if isinstance(error, tomllib.TOMLDecodeError):
        return f'{TOML} is not valid TOML. Text values stand in quotes, as in shop_id = "…".'
    if isinstance(error, OSError):
        return (
            f"A settings file cannot be read: {error.strerror}. Look at {DOTENV} and {TOML} in this folder."
        )
    return f"{DOTENV} or {TOML} in this folder is not UTF-8: save it in that encoding."


@opaque
def wrap_key(raw: str) -> ApiKey:
    """Wrap a key, and warn where it stands in the text of a notebook cell: it is saved with the notebook.

    Raises
    ------
    ConfigurationError
        If the key is empty, or is no key.
    """
    key = ApiKey(raw)
    if _stands_in_a_cell(raw.strip()):
        _warn(
            f"The API key stands in a cell and is saved with the notebook. Put it into {DOTENV} or the "
            "environment as TEGRO_API_KEY, take it out of the cell, and write ta.connect() without it."
        )
    return key


@opaque
def find_access(
    *, api_key: ApiKey | None = None, shop_id: str | None = None, shops: Mapping[str, str] | None = None
) -> list[ShopAccess]:
    """Find the key and the shop id of each shop to read.

    In this order: the arguments, the environment, ``.env``, ``tegro.toml``, the system's keyring (the key
    only, stored under the service ``tegro_analytics`` and the shop id), and a question to the person in front
    of the terminal or the notebook, if there is one (the key only, asked once, not shown).

    Parameters
    ----------
    api_key, shop_id
        Of one shop: ``TEGRO_API_KEY`` and ``TEGRO_SHOP_ID`` elsewhere.
    shops
        Several shops as ``{name: shop_id}``, ``TEGRO_SHOPS=NAME:SHOP_ID,…`` elsewhere; each has its key in
        ``TEGRO_API_KEY_<NAME>``, else the one of ``TEGRO_API_KEY``.

    Raises
    ------
    MissingCredentials
        If a key or a shop id is nowhere; the message names the ways out.
    """
    sources = Sources.here()
    wanted = _wanted_shops(sources, shop_id, shops)
    keys = {name: api_key or _find_key(sources, number, name) for name, number in wanted.items()}
    without = [name for name, key in keys.items() if key is None]
    if without:
        keys |= dict.fromkeys(without, _ask_for_key(", ".join(without)))
    return [ShopAccess(name, wanted[name], key) for name, key in keys.items() if key is not None]


def _wanted_shops(
    sources: Sources, shop_id: str | None, shops: Mapping[str, str] | None
) -> Mapping[str, str]:
    """Map the names of the shops to their ids; a shop alone has its id for a name."""
    several = {} if shop_id else shops or _read_shops(sources)
    if several:
        return several
    found = shop_id.strip() if shop_id else sources.text("TEGRO_SHOP_ID")[0]
    if not found:
        raise MissingCredentials(_ways_out("no shop id"))
    return {found: found}


def _read_shops(sources: Sources) -> dict[str, str]:
    text, place = sources.text("TEGRO_SHOPS")
    if not text:
        return {}
    pairs = [pair.partition(":") for pair in text.split(",") if pair.strip()]
    if not all(name.strip() and number.strip() for name, _, number in pairs):
        raise ConfigurationError(f"TEGRO_SHOPS in {place} is written as NAME:SHOP_ID,NAME:SHOP_ID.")
    return {name.strip(): number.strip() for name, _, number in pairs}


def _find_key(sources: Sources, shop_id: str, name: str) -> ApiKey | None:
    variables = [f"TEGRO_API_KEY_{name.upper()}"] if name != shop_id else []
    for variable in [*variables, "TEGRO_API_KEY"]:
        value, place = sources.text(variable)
        if value:
            if place in (DOTENV, TOML):
                _warn_if_exposed(Path(place))
            return wrap_key(value)
    value = _from_keyring(shop_id)
    return wrap_key(value) if value else None


def _from_keyring(shop_id: str) -> str | None:
    """Ask the system's keyring, where the extra ``keyring`` is installed and the system has one."""
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring
    from keyring.errors import KeyringError

    try:
        stored: str | None = keyring.get_password(KEYRING_SERVICE, shop_id)
    except KeyringError:  # a system without a keyring is a system without a key in it
        return None
    return stored


def _ask_for_key(shops: str) -> ApiKey:
    """Ask whoever is there for the key, once; what is no key is as good as no answer."""
    typed = ask_hidden(tr("key.prompt", shops=shops))
    if typed and typed.isascii() and typed.isprintable() and " " not in typed:
        return ApiKey(typed)
    raise MissingCredentials(_ways_out(f"no API key for the shop {shops}"))


def _ways_out(what: str) -> str:
    return (
        f"There is {what}. Set TEGRO_API_KEY and TEGRO_SHOP_ID in the environment, in {DOTENV}, or as "
        f"api_key and shop_id in {TOML}: both stand on the settings page of the shop. Or try everything "
        "without a key: ta.demo() in Python, --demo on the command line."
    )


def _warn_if_exposed(path: Path) -> None:
    """Warn of a file with a key that others can read, or that git would publish."""
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        _warn(f"{path} holds an API key and other users can read it: chmod 600 {path}")
    if _is_tracked(path):
        _warn(
            f"{path} holds an API key and git tracks it: git rm --cached {path}, add it to .gitignore, "
            "and have a new key issued, because the old one stays in the history"
        )


def _is_tracked(path: Path) -> bool:
    try:
        answer = subprocess.run(  # noqa: S603  a fixed command, no shell
            ["git", "ls-files", "--error-unmatch", "--", str(path)],  # noqa: S607  git is where the user has it
            capture_output=True,
            check=False,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _stands_in_a_cell(key: str) -> bool:
    """Say whether a key stands in a cell that was run: as an argument, or where it was set as a variable."""
    history = getattr(notebook_shell(), "history_manager", None)
    cells = getattr(history, "input_hist_raw", ())
    return len(key) >= _SHORTEST and any(key in str(cell) for cell in cells)


def _warn(text: str) -> None:
    """Warn from nowhere: a warning is printed with the line of code that it comes from, the key in it."""
    warnings.warn_explicit(text, TegroDataWarning, "tegro_analytics", 1)
