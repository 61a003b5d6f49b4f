"""What can be set, and where it comes from: argument, environment, ``.env``, ``tegro.toml``, keyring.

A key never enters the settings model: it is wrapped into an :class:`~tegro_analytics.credentials.ApiKey`
where it is read, and the model holds everything else.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tegro_analytics.credentials import DOTENV, ENCODING, TOML, UNREADABLE, ApiKey, explain_unreadable
from tegro_analytics.exceptions import ConfigurationError

__all__ = ["ApiKey", "Settings", "data_folder", "load_settings"]

DEFAULT_BASE_URL = "https://tegro.money"
DEFAULT_ZONE = "Europe/Moscow"


class Settings(BaseSettings):
    """Hold what a connection goes by; made by :func:`load_settings`.

    Each field is an argument of ``connect``, a variable ``TEGRO_<NAME>`` (``base_url`` is
    ``TEGRO_API_BASE``), and a key of ``tegro.toml``.
    """

    model_config = SettingsConfigDict(
        env_prefix="TEGRO_",
        env_file=DOTENV,
        env_file_encoding=ENCODING,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    base_url: str = Field(DEFAULT_BASE_URL, validation_alias="TEGRO_API_BASE")
    allow_host: str | None = None
    store: Path | None = None
    source_timezone: str = DEFAULT_ZONE
    report_timezone: str = DEFAULT_ZONE
    lang: Literal["ru", "en"] | None = None
    workers: int = Field(4, ge=1, le=64)
    pace: float | None = Field(None, gt=0)
    nonce: Literal["auto", "seconds", "milliseconds"] = "auto"
    lookback: dt.timedelta = dt.timedelta(hours=48)
    lookups: int = Field(50, ge=0)
    sweep_pages: int = Field(20, ge=0)
    currencies: Annotated[dict[int, str], NoDecode] = Field(default_factory=dict)
    plan: str | None = None
    merchant_share: Decimal = Field(Decimal(1), ge=0, le=1)
    money: Literal["float64", "decimal"] = "float64"
    progress: bool | None = None
    payouts_headless: bool = False
    payout_limit: Annotated[dict[str, Decimal], NoDecode] = Field(default_factory=dict)
    payout_day_limit: Annotated[dict[str, Decimal], NoDecode] = Field(default_factory=dict)

    @field_validator("source_timezone", "report_timezone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError("is not a time zone; write it as in Europe/Moscow") from None
        return zone

    @field_validator("currencies", mode="before")
    @classmethod
    def _read_currencies(cls, value: object) -> object:
        """Take ``1=RUB,2=USD`` as well as a mapping."""
        if not isinstance(value, str):
            return value
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if not all(number.strip().isdigit() and code.strip() for number, _, code in pairs):
            raise ValueError("write it as in 1=RUB,2=USD")
        return {int(number): code.strip().upper() for number, _, code in pairs}

    @field_validator("payout_limit", "payout_day_limit", mode="before")
    @classmethod
    def _read_limits(cls, value: object) -> object:
        """Take ``RUB=50000,USD=500`` as well as a mapping."""
        if not isinstance(value, str):
            return value
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if not all(code.strip() and amount.strip() for code, _, amount in pairs):
            raise ValueError("write it as in RUB=50000,USD=500")
        return {code.strip().upper(): amount.strip() for code, _, amount in pairs}

    @field_validator("payout_limit", "payout_day_limit")
    @classmethod
    def _limits_are_amounts(cls, limits: dict[str, Decimal]) -> dict[str, Decimal]:
        if not all(limit.is_finite() and limit >= 0 for limit in limits.values()):
            raise ValueError("has a limit that is not an amount")
        return limits

    @field_validator("lookback", mode="before")
    @classmethod
    def _read_hours(cls, value: object) -> object:
        """Take ``48h`` and ``48`` as hours."""
        if isinstance(value, str) and value.strip().lower().removesuffix("h").strip().isdigit():
            return dt.timedelta(hours=int(value.strip().lower().removesuffix("h")))
        return dt.timedelta(hours=value) if isinstance(value, int | float) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is the library's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read in this order: arguments, environment, ``.env``, ``tegro.toml``."""
        dotenv = _WithoutKeys(settings_cls, dotenv_settings)
        toml = _WithoutKeys(settings_cls, TomlConfigSettingsSource(settings_cls, TOML))
        return init_settings, env_settings, dotenv, toml


class _WithoutKeys(PydanticBaseSettingsSource):
    """Give what a file says but for API keys: the model is shown what it does not know, too."""

    def __init__(self, settings_cls: type[BaseSettings], source: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Ask the file."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in self._source().items() if "api_key" not in name.lower()}


def load_settings(**arguments: Any) -> Settings:
    """Resolve the settings; an argument that is None leaves the choice to the other places.

    Raises
    ------
    ConfigurationError
        If a value cannot be used: the message names the setting, and never shows a value.

    Examples
    --------
    >>> load_settings(currencies="1=RUB,2=USD", workers=2).currencies
    {1: 'RUB', 2: 'USD'}
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    problem = None
    try:
        return Settings(**given)
    except ValidationError as error:
        problem = _explain(error)
    except UNREADABLE as error:
        problem = explain_unreadable(error)
    # Raised after the handler has ended: the error of the library holds what was read.
    raise ConfigurationError(problem)


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_input=False, include_context=False, include_url=False):
        name = str(fault["loc"][0]).lower().removeprefix("tegro_") if fault["loc"] else "settings"
        name = "base_url" if name == "api_base" else name
        variable = "TEGRO_API_BASE" if name == "base_url" else f"TEGRO_{name.upper()}"
        lines.append(f"{name} ({variable}): {fault['msg'].removeprefix('Value error, ')}")
    return "A setting cannot be used. " + "; ".join(lines) + "."


def data_folder() -> Path:
    """Say where data of this user belongs on this system: the store, the salt, the state of nonces."""
    return Path(platformdirs.user_data_dir("tegro_analytics", appauthor=False))
