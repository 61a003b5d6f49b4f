"""The registry: every metric is described, in both languages, and its docstring says the same."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import tegro_analytics.metrics as package
from tegro_analytics.metrics.definition import DTYPES, Metric
from tegro_analytics.metrics.definitions import FILES, page, write
from tegro_analytics.metrics.registry import METRICS
from tegro_analytics.shop import Shop
from tegro_analytics.texts import LANGUAGES, catalogue


@pytest.fixture(params=METRICS.values(), ids=list(METRICS))
def metric(request: pytest.FixtureRequest) -> Metric:
    one: Metric = request.param
    return one


def test_every_metric_is_public_and_found_by_its_name(metric: Metric) -> None:
    assert METRICS[metric.name] is metric
    assert getattr(package, metric.name) is metric.function
    assert metric.function.__name__ == metric.name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_part_is_put_into_words(metric: Metric, lang: str) -> None:
    words = [metric.title(lang), metric.about(lang), metric.who(lang)]
    words += [text for column in metric.columns for text in (column.label(lang), column.formula(lang))]
    words += [catalogue()[f"rule.{rule}"][lang] for rule in metric.rules]
    assert all(words)
    labels = [column.label(lang) for column in metric.columns]
    assert len(set(labels)) == len(labels)
    assert metric.title("ru") != metric.title("en")


def test_columns_stand_once_and_a_rate_of_counts_brings_its_interval(metric: Metric) -> None:
    names = metric.names()
    assert len(set(names)) == len(names)
    for column in metric.columns:
        assert column.kind in DTYPES
        if column.base:
            assert column.base in names


def test_the_docstring_names_every_column(metric: Metric) -> None:
    text = inspect.getdoc(metric.function) or ""
    if metric.name in ("payment_systems", "conversion_value"):
        text += "".join(
            inspect.getdoc(METRICS[name].function) or "" for name in ("revenue", "fees", "conversion")
        )
    for column in metric.columns:
        family, _, part = column.name.rpartition("_")
        said = (
            f"``{column.name}``" in text
            or column.base is not None
            or (f"``_{part}``" in text and family in text)
        )
        assert said, column.name
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"\n{section}\n---" in text


def test_the_signatures_are_alike(metric: Metric) -> None:
    parameters = inspect.signature(metric.function).parameters
    inputs = [name for name, one in parameters.items() if one.kind is not one.KEYWORD_ONLY]
    assert tuple(inputs) == metric.inputs
    shared = [
        "since",
        "until",
        "freq",
        "by",
        "as_of",
        "money",
        "zone",
        "reference",
        "total_in",
        "fx",
        "limit",
    ]
    assert [name for name in parameters if name in shared] == [name for name in shared if name in parameters]
    assert not metric.is_list or "limit" in parameters


def test_a_column_of_the_caller_is_called_by_its_name() -> None:
    assert METRICS["revenue"].column("region").label("ru") == "region"
    assert METRICS["revenue"].column("weekday").label("ru") == "День недели"


def test_the_definitions_load_nothing_heavy() -> None:
    code = (
        "import sys; import tegro_analytics.metrics; "
        "print(*({'pandas', 'pyarrow', 'duckdb', 'polars', 'statsmodels', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_definitions_is_up_to_date(lang: str) -> None:
    kept = (Path(__file__).parents[2] / "docs" / FILES[lang]).read_text(encoding="utf-8")
    assert kept == page(lang), "`make definitions` writes it anew"
    for metric in METRICS.values():
        for column in metric.columns:
            assert column.base is not None or f"| `{column.name}`" in kept


def test_the_page_is_written_into_a_folder(tmp_path: Path) -> None:
    assert [path.name for path in write(tmp_path)] == ["metrics.md", "metrics.ru.md"]
    assert (tmp_path / "metrics.ru.md").read_text(encoding="utf-8") == page("ru")


def test_every_metric_is_a_method_of_the_shop() -> None:
    assert all(callable(getattr(Shop, name)) for name in METRICS)
