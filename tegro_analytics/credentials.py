"""The API key: an object that signs, that nothing can print, and where it is looked for."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import os
import stat
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tegro_analytics.exceptions import ConfigurationError, MissingCredentials, TegroDataWarning

DOTENV = ".env"
TOML = "tegro.toml"
KEYRING_SERVICE = "tegro_analytics"

_FINGERPRINT = b"tegro_analytics: name of the key, not a signature of a call"


class ApiKey:
    """Hold an API key so that it can sign, and can do nothing else.

    Only the primed HMAC state is kept, never the key itself: there is nothing to print, to pickle or to find
    in a traceback's locals.

    Parameters
    ----------
    raw
        The key as it stands on the shop's settings page; blanks around it are taken off.

    Raises
    ------
    ConfigurationError
        If the key is empty.

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
        secret = raw.strip().encode("utf-8")
        if not secret:
            raise ConfigurationError("The API key is empty. Copy it from the settings page of the shop.")
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
        raise TypeError("an ApiKey cannot be pickled: make it again where it is needed")

    def __copy__(self) -> ApiKey:
        return self

    def __deepcopy__(self, memo: object) -> ApiKey:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and hmac.compare_digest(self.fingerprint, other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.fingerprint)


@dataclass(frozen=True, slots=True)
class ShopAccess:
    """Hold what opens one shop."""

    name: str
    shop_id: str
    key: ApiKey


@dataclass(frozen=True, slots=True)
class Sources:
    """Read single values, the secret ones too, from the places where they may stand."""

    dotenv: Mapping[str, str | None]
    toml: Mapping[str, Any]

    @classmethod
    def here(cls) -> Sources:
        """Read ``.env`` and ``tegro.toml`` of the working folder."""
        from dotenv import dotenv_values

        toml: Mapping[str, Any] = {}
        if Path(TOML).is_file():
            toml = tomllib.loads(Path(TOML).read_text(encoding="utf-8"))
        return cls(dotenv_values(DOTENV) if Path(DOTENV).is_file() else {}, toml)

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


def wrap_key(raw: str) -> ApiKey:
    """Wrap a key that was given as an argument, and warn where it stands in the text of a notebook cell."""
    _warn_if_typed(raw)
    return ApiKey(raw)


def find_access(
    *, api_key: ApiKey | None = None, shop_id: str | None = None, shops: Mapping[str, str] | None = None
) -> list[ShopAccess]:
    """Find the key and the shop id of each shop to read.

    In this order: the arguments, the environment, ``.env``, ``tegro.toml``, the system's keyring (the key
    only, stored under the service ``tegro_analytics`` and the shop id).

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
    several = shops or _read_shops(sources)
    if shop_id is None and several:
        return [
            ShopAccess(name, number, api_key or _find_key(sources, number, name))
            for name, number in several.items()
        ]
    found = shop_id.strip() if shop_id else sources.text("TEGRO_SHOP_ID")[0]
    if not found:
        raise MissingCredentials(_ways_out("no shop id"))
    return [ShopAccess(found, found, api_key or _find_key(sources, found, None))]


def _read_shops(sources: Sources) -> dict[str, str]:
    text, place = sources.text("TEGRO_SHOPS")
    if not text:
        return {}
    pairs = [pair.partition(":") for pair in text.split(",") if pair.strip()]
    if not all(name.strip() and number.strip() for name, _, number in pairs):
        raise ConfigurationError(f"TEGRO_SHOPS in {place} is written as NAME:SHOP_ID,NAME:SHOP_ID.")
    return {name.strip(): number.strip() for name, _, number in pairs}


def _find_key(sources: Sources, shop_id: str, name: str | None) -> ApiKey:
    variables = [f"TEGRO_API_KEY_{name.upper()}"] if name else []
    for variable in [*variables, "TEGRO_API_KEY"]:
        value, place = sources.text(variable)
        if value:
            if place in (DOTENV, TOML):
                _warn_if_exposed(Path(place))
            return ApiKey(value)
    value = _from_keyring(shop_id)
    if value:
        return ApiKey(value)
    raise MissingCredentials(_ways_out(f"no API key for the shop {name or shop_id}"))


def _ways_out(what: str) -> str:
    return (
        f"There is {what}. Set TEGRO_API_KEY and TEGRO_SHOP_ID in the environment, in {DOTENV}, or as "
        f"api_key and shop_id in {TOML}: both stand on the settings page of the shop. Or try everything "
        "without a key: ta.demo() in Python, --demo on the command line."
    )


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


def _warn_if_exposed(path: Path) -> None:
    """Warn of a file with a key that others can read, or that git would publish."""
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings.warn(
            f"{path} holds an API key and other users can read it: chmod 600 {path}",
            TegroDataWarning,
            stacklevel=5,
        )
    if _is_tracked(path):
        warnings.warn(
            f"{path} holds an API key and git tracks it: git rm --cached {path}, add it to .gitignore, "
            "and have a new key issued, because the old one stays in the history",
            TegroDataWarning,
            stacklevel=5,
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


def _warn_if_typed(api_key: str) -> None:
    """Warn of a key that stands in the text of a notebook cell: it would be saved with the notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cells = shell.user_ns.get("In", []) if shell is not None else []
    if api_key.strip() and any(api_key.strip() in str(cell) for cell in cells[-1:]):
        warnings.warn(
            f"The API key stands in a cell and is saved with the notebook. Put it into {DOTENV} or the "
            "environment as TEGRO_API_KEY, and write ta.connect() without it.",
            TegroDataWarning,
            stacklevel=4,
        )
