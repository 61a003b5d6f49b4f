"""Drawn histories: what is watched equals the oracle on every engine, and keeps its promises."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics import anomalies, conversion_anomalies, forecast, silence
from tests.golden import Row, arrow, native
from tests.marks import first_of
from tests.metrics.drawn import ALL_ENGINES, SOME_ENGINES, ZONES, Cells, Days, few, many
from tests.metrics.watching import oracle
from tests.metrics.watching.series import NOW, history

fewer, more = settings(few, max_examples=3), settings(many, max_examples=15)

seeds = st.integers(0, 10**6)
spans = st.sampled_from(
    [
        (None, None),
        (dt.date(2026, 4, 14), None),
        (None, dt.date(2026, 4, 17)),
        (dt.date(2026, 4, 8), dt.date(2026, 4, 19)),
    ]
)


def read(frame: pd.DataFrame, keys: list[str]) -> Cells:
    """Read a result as cells of plain values, None for what is missing."""
    cells = {}
    for row in frame.to_dict("records"):
        plain = {str(name): _plain(value) for name, value in row.items()}
        cells[tuple(plain[name] for name in keys)] = plain
    assert len(cells) == len(frame)
    return cells


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def assert_close(found: Cells, expected: Mapping[Any, Any]) -> None:
    """Hold cells against those of the oracle: numbers to 1e-9, everything else exactly."""
    assert sorted(map(str, found)) == sorted(map(str, expected))
    for key, cell in expected.items():
        for name, wanted in cell.items():
            value = found[key][name]
            if isinstance(wanted, float) and value is not None:
                assert math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-12), (key, name, value, wanted)
            else:
                assert value == wanted, (key, name, value, wanted)


def system(row: Row) -> tuple[Any, ...]:
    return (row["payment_system_id"],)


def check_anomalies(rows: list[Row], zone: ZoneInfo, limits: Days, freq: str, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    options: dict[str, Any] = {"since": limits[0], "until": limits[1], "zone": zone, "freq": freq}
    found = read(anomalies(frame, **options), ["currency", "period_start"])
    assert_close(found, oracle.anomalies(rows, zone, limits, freq, lambda row: (row["currency"],)))
    found = read(anomalies(frame, by="shop_id", **options), ["currency", "period_start", "shop_id"])
    by_shop = oracle.anomalies(rows, zone, limits, freq, lambda row: (row["currency"], row["shop_id"]))
    assert_close(found, by_shop)


def check_conversion(rows: list[Row], zone: ZoneInfo, limits: Days, freq: str, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    options: dict[str, Any] = {"since": limits[0], "until": limits[1], "zone": zone, "freq": freq}
    options["alpha"] = 0.05
    found = read(conversion_anomalies(frame, **options), ["period_start", "payment_system_id"])
    assert_close(found, oracle.conversion_anomalies(rows, zone, limits, freq, system))
    found = read(conversion_anomalies(frame, by=None, **options), ["period_start"])
    assert_close(found, oracle.conversion_anomalies(rows, zone, limits, freq, lambda row: ()))


def check_silence(rows: list[Row], zone: ZoneInfo, hours: int, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    now = NOW + dt.timedelta(hours=hours)
    found = read(silence(frame, zone=zone, now=now, by="payment_system_id"), ["payment_system_id"])
    assert_close(found, oracle.silence(rows, zone, now, system))
    assert_close(
        read(silence(frame, zone=zone, now=now), []), oracle.silence(rows, zone, now, lambda row: ())
    )


def check_forecast(rows: list[Row], zone: ZoneInfo, of: str, days: int, engine: str) -> None:
    """Check the seasonal method alone: the other one is no business of an oracle."""
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    series = {
        currency: oracle.daily([row for row in rows if row["currency"] == currency], zone, of)
        for currency in {row["currency"] for row in rows if oracle.is_payment(row)}
    }
    longest = max(map(len, series.values()), default=0)
    if longest < 56:
        with pytest.raises(DataError, match=f"there are {longest // 7} complete weeks, {longest} days"):
            forecast(frame, of=of, days=days, zone=zone)
        return
    result = forecast(frame, of=of, days=days, zone=zone)
    for currency, values in series.items():
        found = result[result["currency"] == currency].reset_index(drop=True)
        if len(values) < 56:
            assert found[["forecast", "mase", "method"]].isna().all(axis=None)
            continue
        expected = oracle.seasonal_forecast(values, days)
        assert_close(
            read(found.assign(n=range(days)), ["n"]), {(n,): cell for n, cell in enumerate(expected)}
        )


def check_invariants(rows: list[Row], engine: str, seed: int) -> None:
    """Check that neither the order of rows nor test orders change anything."""
    live = [row for row in rows if not row["is_test"]]
    random.Random(seed).shuffle(live)
    given, again = native(engine, arrow(rows)), native(engine, arrow(live))
    for metric in (anomalies, conversion_anomalies, silence):
        pd.testing.assert_frame_equal(pd.DataFrame(metric(given)), pd.DataFrame(metric(again)))


@pytest.mark.usefixtures("seasonal_alone")
@pytest.mark.parametrize("engine", first_of(*SOME_ENGINES))
class TestSome:
    @fewer
    @given(seed=seeds, zone=st.sampled_from(ZONES), limits=spans, freq=st.sampled_from(["day", "week"]))
    def test_anomalies_equal_the_oracle(
        self, engine: str, seed: int, zone: ZoneInfo, limits: Days, freq: str
    ) -> None:
        check_anomalies(history(seed), zone, limits, freq, engine)

    @fewer
    @given(seed=seeds, zone=st.sampled_from(ZONES), limits=spans, freq=st.sampled_from(["day", "week"]))
    def test_conversion_equals_the_oracle(
        self, engine: str, seed: int, zone: ZoneInfo, limits: Days, freq: str
    ) -> None:
        check_conversion(history(seed), zone, limits, freq, engine)

    @fewer
    @given(seed=seeds, zone=st.sampled_from(ZONES), hours=st.integers(-200, 400))
    def test_silence_equals_the_oracle(self, engine: str, seed: int, zone: ZoneInfo, hours: int) -> None:
        check_silence(history(seed), zone, hours, engine)

    @fewer
    @given(seed=seeds, zone=st.sampled_from(ZONES), of=st.sampled_from(["payments", "gross_volume"]),
           days=st.integers(1, 80), length=st.integers(50, 120))  # fmt: skip
    def test_forecasts_equal_the_oracle(
        self, engine: str, seed: int, zone: ZoneInfo, of: str, days: int, length: int
    ) -> None:
        check_forecast(history(seed, days=length), zone, of, days, engine)

    @settings(fewer, max_examples=1)
    @given(seed=seeds)
    def test_invariants(self, engine: str, seed: int) -> None:
        check_invariants(history(seed), engine, seed)


@pytest.mark.long
@pytest.mark.usefixtures("seasonal_alone")
@pytest.mark.parametrize("engine", ALL_ENGINES)
class TestMany:
    @more
    @given(seed=seeds, zone=st.sampled_from(ZONES), limits=spans, freq=st.sampled_from(list(oracle.STEP)))
    def test_anomalies_equal_the_oracle(
        self, engine: str, seed: int, zone: ZoneInfo, limits: Days, freq: str
    ) -> None:
        check_anomalies(history(seed), zone, limits, freq, engine)

    @more
    @given(seed=seeds, zone=st.sampled_from(ZONES), limits=spans, freq=st.sampled_from(["day", "week"]))
    def test_conversion_equals_the_oracle(
        self, engine: str, seed: int, zone: ZoneInfo, limits: Days, freq: str
    ) -> None:
        check_conversion(history(seed), zone, limits, freq, engine)

    @more
    @given(seed=seeds, zone=st.sampled_from(ZONES), hours=st.integers(-200, 400))
    def test_silence_equals_the_oracle(self, engine: str, seed: int, zone: ZoneInfo, hours: int) -> None:
        check_silence(history(seed), zone, hours, engine)

    @more
    @given(seed=seeds, zone=st.sampled_from(ZONES), of=st.sampled_from(["payments", "gross_volume"]),
           days=st.integers(1, 80), length=st.integers(50, 120))  # fmt: skip
    def test_forecasts_equal_the_oracle(
        self, engine: str, seed: int, zone: ZoneInfo, of: str, days: int, length: int
    ) -> None:
        check_forecast(history(seed, days=length), zone, of, days, engine)

    @more
    @given(seed=seeds)
    def test_invariants(self, engine: str, seed: int) -> None:
        check_invariants(history(seed), engine, seed)
