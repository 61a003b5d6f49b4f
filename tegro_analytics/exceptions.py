"""The exceptions of the package: one tree, so that one ``except`` catches all of it.

::

    TegroError
    ├── ConfigurationError        a setting is missing or wrong: nothing was sent
    │   ├── MissingCredentials
    │   └── UnsafeBaseUrl
    ├── ApiError                  Tegro answered, and said no
    │   ├── AuthorizationError
    │   ├── NonceRefused
    │   └── Rejected
    ├── TransportError            no usable answer arrived
    │   ├── EdgeError             the network edge in front of the API answered instead of it
    │   ├── DeadlineExceeded
    │   ├── BadAnswer             an answer arrived, but it is not what the API promises
    │   └── NeverSent             proven: not one byte of the request reached the API
    ├── OutcomeUnknown            a call that moves money may or may not have been carried out
    ├── SyncIncomplete            a list could not be read to its end
    ├── DataError                 a frame cannot be used as it is
    │   ├── MissingColumn
    │   ├── MixedCurrencies
    │   └── MissingRate
    ├── ExportError               a file could not be written, or may not be overwritten
    └── StoreError
        ├── StoreLocked
        ├── StoreNewer
        ├── StoreDamaged
        ├── StoreRolledBack
        └── WrongStore

An exception carries facts as attributes and never a request, a header, a body or a key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

__all__ = [
    "ApiError",
    "AuthorizationError",
    "BadAnswer",
    "ConfigurationError",
    "DataError",
    "DeadlineExceeded",
    "EdgeError",
    "ExportError",
    "MissingColumn",
    "MissingCredentials",
    "MissingRate",
    "MixedCurrencies",
    "NeverSent",
    "NonceRefused",
    "OutcomeUnknown",
    "Rejected",
    "StoreDamaged",
    "StoreError",
    "StoreLocked",
    "StoreNewer",
    "StoreRolledBack",
    "SyncIncomplete",
    "TegroDataWarning",
    "TegroError",
    "TransportError",
    "UnsafeBaseUrl",
    "WrongStore",
]


class TegroError(Exception):
    """Be the root of every exception that the package raises on purpose."""


class ConfigurationError(TegroError):
    """Say that a setting is missing or wrong; nothing was sent."""


class MissingCredentials(ConfigurationError):
    """Say that no API key or no shop id was found."""


class UnsafeBaseUrl(ConfigurationError):
    """Say that a base URL would send a signed body where it should not go."""


class _CallError(TegroError):
    """Hold what is known of one call to the API, and nothing that is secret.

    Attributes
    ----------
    method : str or None
        The API method that was called, as in ``orders``.
    nonce : int or None
        The nonce of the last attempt.
    status : int or None
        The HTTP status of the answer, if one arrived.
    ray : str or None
        The id that the network edge gave to the request; support can look it up.
    text : str or None
        At most 200 characters of the answer, e-mail addresses masked.
    attempts : int
        How often the call was sent or tried.
    """

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        nonce: int | None = None,
        status: int | None = None,
        ray: str | None = None,
        text: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message)
        self.method = method
        self.nonce = nonce
        self.status = status
        self.ray = ray
        self.text = text
        self.attempts = attempts


class ApiError(_CallError):
    """Say that Tegro answered with a refusal; its reason is in ``text``."""


class AuthorizationError(ApiError):
    """Say that the key, the signature or the shop id was refused."""


class NonceRefused(ApiError):
    """Say that the nonce was refused: another program may use the key, or nonces must grow."""


class Rejected(ApiError):
    """Say that the call was understood and refused, for the reason in ``text``."""


class TransportError(_CallError):
    """Say that no usable answer arrived."""


class EdgeError(TransportError):
    """Say that the network edge in front of the API answered instead of it."""


class DeadlineExceeded(TransportError):
    """Say that the time allowed for a call ran out."""


class BadAnswer(TransportError):
    """Say that an answer arrived that is not what the API promises."""


class NeverSent(TransportError):
    """Say that not one byte of the request reached the API."""


class OutcomeUnknown(_CallError):
    """Say that a call that moves money may or may not have been carried out."""


class SyncIncomplete(TegroError):
    """Say that a list could not be read to its end.

    Attributes
    ----------
    pages : int
        How many pages were read.
    report : object or None
        What was seen on the way.
    """

    def __init__(self, message: str, *, pages: int = 0, report: object = None) -> None:
        super().__init__(message)
        self.pages = pages
        self.report = report


class DataError(TegroError):
    """Say that a frame or a value cannot be used as it is."""


class MissingColumn(DataError):
    """Name the columns that a frame lacks.

    Examples
    --------
    >>> str(MissingColumn(["fee"], needed_by="fees"))
    "fees needs the column 'fee', which the frame does not have"
    """

    def __init__(self, columns: Iterable[str], *, needed_by: str, hint: str = "") -> None:
        self.columns = tuple(columns)
        self.needed_by = needed_by
        names = ", ".join(repr(name) for name in self.columns)
        few = len(self.columns) == 1
        message = f"{needed_by} needs the column{'' if few else 's'} {names}, which the frame does not have"
        super().__init__(f"{message}: {hint}" if hint else message)


class MixedCurrencies(DataError):
    """Say that amounts of different currencies would have been added."""


class MissingRate(DataError):
    """Say that an exchange rate is missing for a total in one currency."""


class ExportError(TegroError):
    """Say that a file could not be written, or exists and may not be overwritten."""


class StoreError(TegroError):
    """Be the root of what can be wrong with the local store."""


class StoreLocked(StoreError):
    """Say that another process holds the store.

    Attributes
    ----------
    process : int or None
        Number of the process that holds it, where it is known.
    command : str or None
        What it is doing.
    since : datetime or None
        Since when (UTC).
    """

    def __init__(
        self,
        message: str,
        *,
        process: int | None = None,
        command: str | None = None,
        since: dt.datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.process = process
        self.command = command
        self.since = since


class StoreNewer(StoreError):
    """Say that the store was made by a newer version."""


class StoreDamaged(StoreError):
    """Say that the store cannot be read."""


class StoreRolledBack(StoreError):
    """Say that the store is older than its receipt."""


class WrongStore(StoreError):
    """Say that the store belongs to another account or base URL."""


class TegroDataWarning(UserWarning):
    """Warn of data that is shown, but should be looked at."""
