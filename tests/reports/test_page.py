"""The page: the numbers of the metrics, nothing from outside, nothing of a stranger's but text."""

from __future__ import annotations

import base64
import datetime as dt
import re
from decimal import Decimal
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import ExportError
from tegro_analytics.reports import ReportFacts, ReportTables, report_writer
from tegro_analytics.reports.page import page_of, write_page
from tegro_analytics.reports.page.markup import readable, tag
from tegro_analytics.reports.page.pictures import picture
from tegro_analytics.schemas import FLAGS
from tegro_analytics.texts import tr
from tests.reports.pages import Page
from tests.reports.tables import (
    AS_OF,
    BALANCED,
    HOSTILE,
    MOSCOW,
    ODD,
    WITHDRAWN,
    balances,
    golden,
    order,
    table,
    withdrawals,
)

MARCH = {"since": "2026-03-01", "until": "2026-03-05"}
LANGS = pytest.mark.parametrize("lang", ["ru", "en"])
MARKUP = (
    "<img src=x onerror=alert(1)>",
    "<script>document.title='ran'</script>",
    "\"'><svg/onload=alert(1)>",
    "</style></title><script>alert(1)</script>",
    "&lt;b&gt; &amp;",
    "\u202egpj.exe",
    "я" * 200,
)
EVERYTHING = (*MARKUP, *HOSTILE, *ODD)


def facts(**values):
    return ReportFacts(**{"shop_id": "A1B2C3", "report_zone": "Europe/Moscow", "as_of": AS_OF} | values)


def strange():
    """Give the golden orders, and one for each text that is up to something."""
    rows = [
        order(
            100 + number,
            payment_id=text,
            email=text,
            payment_system=f"{text} {number}",
            payment_system_id=100 + number,
            amount=Decimal(1_000_000 - number),
        )
        for number, text in enumerate(MARKUP)
    ]
    return table([*golden().to_pylist(), *rows])


DOUBTS = {
    "shop_name": MARKUP[3],
    "sandbox": True,
    "complete": False,
    "quarantined": 3,
    "warnings": EVERYTHING,
    "merchant_share": Decimal("0.5"),
}


def account(orders):
    """Add withdrawals and balances to orders."""
    return ReportTables(orders=orders, withdrawals=withdrawals(*WITHDRAWN), balances=balances(*BALANCED))


@pytest.fixture(scope="module")
def march():
    return page_of(account(golden()), facts=facts(plan="starter"), lang="en", **MARCH)


@pytest.fixture(scope="module")
def doubtful():
    """Make the page of a sandbox that was not read to its end, all of whose texts are hostile, in Russian."""
    with pytest.MonkeyPatch.context() as patch:
        leave_charts_out(patch)
        return page_of(strange(), facts=facts(**DOUBTS), lang="ru", pii=True, **MARCH)


def leave_charts_out(patch):
    """Draw none: they are dear, and other tests look at them."""
    for module in ("money", "systems", "people", "account"):
        patch.setattr(f"tegro_analytics.reports.page.{module}.picture", lambda *_, **__: tag("figure"))


@pytest.fixture
def undrawn(monkeypatch):
    leave_charts_out(monkeypatch)


def plain(cells):
    return [cell.replace("\xa0", " ") for cell in cells]


# The numbers


def test_the_golden_orders_give_every_number_of_the_summary(march):
    page = Page(march)
    rub = page.table("Summary, RUB").by_label()
    assert {label: cells[0] for label, cells in rub.items()} == {
        "Gross volume": "2,350.00",
        "Fees": "95.00",
        "Refunds": "400.00",
        "Net volume": "1,855.00",
        "Payments": "5",
        "Average ticket": "470.00",
        "Effective fee rate": "4.04%",
        "Refund rate": "20.0%",
        "Days with payments": "4",
    }
    usd = page.table("Summary, USD").by_label()
    assert [usd[label][0] for label in ("Gross volume", "Fees", "Net volume")] == ["20.00", "0.80", "19.20"]
    conversion = page.table("Summary").by_label()
    assert conversion["Conversion in 24 h"] == ["57.1%", "25.0–84.2%", "7"]
    assert conversion["Conversion ever"] == ["71.4%", "35.9–91.8%", "7"]
    assert conversion["Time to pay, median"][0] == "0:02:30"
    assert [conversion[label][0] for label in ("Orders", "Pending", "Abandoned")] == ["9", "1", "1"]


def test_the_days_and_their_total_are_those_of_the_metric(march):
    days = Page(march).table("By day, RUB")
    assert [row[0].replace("\xa0", " ") for row in days.rows] == [
        "1 Mar 2026",
        "2 Mar 2026",
        "3 Mar 2026",
        "4 Mar 2026 *",
        "Total",
    ]
    assert [row[1] for row in days.rows] == ["1,000.00", "500.00", "700.00", "150.00", "2,350.00"]
    assert [row[4] for row in days.rows] == ["950.00", "475.00", "280.00", "150.00", "1,855.00"]


def test_the_payment_systems_add_up_and_rates_have_their_interval(march):
    systems = Page(march).table("Payment systems, RUB")
    assert systems.rows[0] == [
        "PS#25", "3", "60.0%", "1,900.00", "80.9%", "400.00", "1,405.00", "4", "75.0% (30.1–95.4%)", "–",
    ]  # fmt: skip
    assert [systems.rows[-1][place] for place in (1, 3, 5, 6, 7)] == [
        "5",
        "2,350.00",
        "400.00",
        "1,855.00",
        "8",
    ]
    fees = Page(march).table("Fees, RUB").by_label()
    assert fees["Total"] == ["5", "2,350.00", "95.00", "", "", "2"]


def test_the_audit_the_customers_and_the_account_are_those_of_the_metrics(march):
    page = Page(march)
    audit = page.table("Audit of fees, RUB, plan “starter”").by_label()
    assert audit["Bank cards · Tinkoff Bank (25)"] == ["3", "3", "95.00", "128.25", "-33.25", "0", "0.00"]
    who = page.table("Who paid").by_label()
    assert [who[label][0] for label in ("Customers who paid", "Payments without an e-mail")] == ["4", "1"]
    assert who["Share paying on several days"] == ["25.0%", "4.6–69.9%", "4"]
    worth = page.table("What they brought, RUB")
    assert [(row[0], row[1], row[3]) for row in worth.rows] == [
        ("New customers", "3", "2,050.00"),
        ("Without an e-mail", "0", "300.00"),
        ("Total", "3", "2,350.00"),
    ]
    bridge = page.table("Balance, RUB").by_label()
    assert [bridge[label] for label in ("Balance at the start", "Balance at the end", "Gap")] == [
        ["100.00"],
        ["940.00"],
        ["5.00"],
    ]
    last = page.table("Balances").by_label()
    assert [last[currency][0] for currency in ("RUB", "USD", "EUR")] == ["940.00", "19.20", "0.00"]
    assert tr("report.nothing_moved", "en", currencies="EUR") in page.texts
    drawn = page.table("Withdrawals of the period, RUB")
    assert [(row[0], row[2], row[3]) for row in drawn.rows] == [
        ("done", "1", "1,000.00"),
        ("failed", "1", "300.00"),
        ("Total", "2", "1,300.00"),
    ]


def test_amounts_of_different_currencies_are_never_added(march):
    assert [text for text in Page(march).texts if re.search(r"2,370|95\.80|1,874", text)] == []


def test_the_period_before_stands_beside_the_period(undrawn):
    rows = [order(0, created_at=dt.datetime(2025, 12, 31, 10, tzinfo=MOSCOW))]
    rows += [order(1, created_at=dt.datetime(2026, 1, 7, 10, tzinfo=MOSCOW), fee=Decimal(10))]
    rows += [order(n, created_at=dt.datetime(2026, 2, n, 10, tzinfo=MOSCOW)) for n in (2, 3, 4)]
    page = Page(page_of(table(rows), facts=facts(), lang="en"))
    summary = page.table("Summary, RUB")
    assert summary.heads[1:4] == ["1–28 February 2026", "1–31 January 2026", "Change"]
    assert summary.by_label()["Gross volume"][:3] == ["3,000.00", "1,000.00", "+200.0%"]
    assert plain(summary.by_label()["Effective fee rate"][:3]) == ["5.00%", "1.00%", "+4.00 pp"]
    assert "1–31 January 2026: 1,000.00" in page.texts


@pytest.mark.long
def test_a_long_period_has_a_row_for_each_month(undrawn):
    rows = [
        order(n, created_at=dt.datetime(2025, month, 2, 10, tzinfo=MOSCOW))
        for n, month in enumerate((9, 10, 10, 12))
    ]
    page = Page(page_of(table(rows), facts=facts(), lang="en", since="2025-09-01", until="2026-01-01"))
    months = page.table("By month, RUB").rows
    assert [(row[0], row[1], row[5]) for row in months] == [
        ("09.2025", "1,000.00", "1"),
        ("10.2025", "2,000.00", "2"),
        ("11.2025", "0.00", "0"),
        ("12.2025", "1,000.00", "1"),
        ("Total", "4,000.00", "4"),
    ]


@pytest.mark.long
def test_an_amount_finer_than_its_currency_keeps_its_places(undrawn):
    rows = [order(1, amount=Decimal("0.12345678"), fee=Decimal(0)), order(2, amount=Decimal("1.005"))]
    page = Page(page_of(table(rows), facts=facts(), lang="en", **MARCH))
    assert page.table("Summary, RUB").by_label()["Gross volume"][0] == "1.12845678"


@pytest.mark.long
def test_the_numbers_are_those_of_the_shop(read_shop, tmp_path, undrawn):
    file = read_shop.report(tmp_path / "october.html", lang="en")
    summary = Page(file.read_text(encoding="utf-8"))
    for row in read_shop.revenue(since="2026-10-01", until="2026-11-01", money="decimal").to_dict("records"):
        found = summary.table(f"Summary, {row['currency']}").by_label()
        for label, name in (("Gross volume", "gross_volume"), ("Net volume", "net_volume"), ("Fees", "fees")):
            assert Decimal(found[label][0].replace(",", "")) == row[name]


@pytest.mark.long
@pytest.mark.parametrize("orders", [table([]), golden()], ids=["none", "other times"])
def test_a_period_without_orders_says_so(orders, undrawn):
    page = Page(page_of(orders, facts=facts(), lang="ru", since="2025-01-01", until="2025-02-01"))
    assert tr("report.no_payments", "ru") in page.texts
    assert tr("report.no_orders", "ru") in page.texts


def test_the_largest_payments_are_listed_and_their_payers_masked(undrawn):
    rows = [order(n, amount=Decimal(n), email="user@site.ru") for n in range(1, 13)]
    rows += [order(99, amount=Decimal(999), paid_at=None), order(98, amount=Decimal(998), is_test=True)]
    largest = Page(page_of(table(rows), facts=facts(), lang="en", **MARCH)).table("Largest payments, RUB")
    assert [row[1] for row in largest.rows] == ["12", "11", "10", "9", "8", "7", "6", "5", "4", "3"]
    assert {row[5] for row in largest.rows} == {"u***@site.ru"}
    assert largest.rows[0][6] == "12.00"


# What it says


def test_a_sandbox_says_so(march, doubtful):
    page = Page(doubtful)
    seen = [text for text in page.texts if text.strip()]
    assert seen[1] == tr("report.sandbox", "ru")  # the first thing after the title
    assert r"\00041f\000415\000421\00041e\000427\00041d\000418\000426\000410" in page.style  # on every page
    assert "SANDBOX" not in march


def test_what_is_odd_is_said_first(doubtful):
    texts = Page(doubtful).texts
    for key in ("open", "unverified"):
        assert any(text.startswith(tr(f"report.note.{key}", "ru").split("{")[0]) for text in texts)
    assert tr("report.note.quarantined", "ru", count=3) in texts


def test_it_says_where_the_numbers_come_from(doubtful):
    texts = Page(doubtful).texts
    assert tr("report.fee_bearer", "ru", share="0.5") in texts
    assert "04.03.2026 12:00:00 (Europe/Moscow)" in texts
    assert any(text.startswith("tegro_analytics ") for text in texts)
    assert set(FLAGS) <= set(texts)
    formulas = Page(doubtful).table("Формулы").by_label()
    assert formulas[tr("column.net_volume", "ru")] == [tr("formula.net_volume", "ru")]


# What it is made of


@LANGS
def test_it_needs_nothing_and_nothing_in_it_runs(march, doubtful, lang):
    page = Page(doubtful if lang == "ru" else march)
    assert {name for name, _ in page.elements} <= {
        "html", "head", "meta", "title", "style", "body", "p", "header", "main", "section", "nav", "div",
        "h1", "h2", "h3", "ul", "li", "a", "dl", "dt", "dd", "small", "figure", "img", "table",
        "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
    }  # fmt: skip
    given = {name for _, attributes in page.elements for name in attributes}
    assert given <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "role", "id", "href", "aria-label",
        "aria-labelledby", "src", "alt", "width", "height", "scope", "tabindex",
    }  # fmt: skip
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.all("img"))
    assert all(re.fullmatch(r"#part-\d+", link["href"]) for link in page.all("a"))
    assert re.search(r"url\(|@import|//|expression|<", page.style) is None
    assert page.all("meta")[1] == {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    }


def test_texts_of_strangers_stand_as_texts(doubtful):
    page = Page(doubtful)
    told = {_shown(one) for one in page.texts}
    assert [text for text in EVERYTHING if text and _shown(text) not in told] == []
    names = {row[0] for row in page.table("Платёжные системы, RUB").rows}
    assert {f"{readable(text)} {number}" for number, text in enumerate(MARKUP)} <= names
    cells = page.table("Крупнейшие платежи, RUB").rows[: len(MARKUP)]
    assert [(row[2], row[5]) for row in cells] == [(readable(text),) * 2 for text in MARKUP]
    assert "\u202e" not in doubtful


def _shown(text):
    """Write a note as the page begins it; browsers read all ends of lines as one."""
    return readable(f"{text[:1].upper()}{text[1:]}").replace("\r\n", "\n").replace("\r", "\n")


@LANGS
def test_everybody_can_read_it(march, doubtful, lang):
    page = Page(doubtful if lang == "ru" else march)
    assert page.all("html") == [{"lang": lang}]
    assert all(table.caption for table in page.tables)
    assert {attributes["scope"] for attributes in page.all("th")} == {"row", "col"}
    links = [link["href"].removeprefix("#") for link in page.all("a")]
    headings = [attributes.get("id") for attributes in page.all("h2")]
    assert links == [name for name in headings if name and name.startswith("part-")]


@pytest.mark.long
def test_the_same_orders_give_the_same_bytes_whatever_was_drawn_before(march):
    with mpl.rc_context({"svg.fonttype": "none", "savefig.bbox": "tight", "figure.dpi": 50}):
        plt.rcParams["svg.hashsalt"] = "another"
        before = dict(mpl.rcParams)
        assert page_of(account(golden()), facts=facts(plan="starter"), lang="en", **MARCH) == march
        assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_pictures_have_neither_a_date_nor_a_script(march):
    for image in Page(march).all("img"):
        root = ElementTree.fromstring(base64.b64decode(image["src"].partition(",")[2]))
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            "svg", "defs", "g", "path", "use", "style", "clipPath", "rect", "pattern", "metadata", "RDF",
            "Work", "type", "format",
        }  # fmt: skip
        given = {name.rpartition("}")[2] for element in root.iter() for name in element.attrib}
        assert [name for name in given if name.startswith("on")] == []
        links = [element.get("{http://www.w3.org/1999/xlink}href", "#") for element in root.iter()]
        assert [link for link in links if not link.startswith("#")] == []


def test_a_chart_is_the_same_whatever_was_drawn_before(march):
    days = metrics.revenue(golden(), freq="day", money="decimal", **MARCH).query("currency == 'RUB'")
    with mpl.rc_context({"svg.fonttype": "none", "savefig.bbox": "tight", "figure.dpi": 50}):
        before = dict(mpl.rcParams)
        drawn = picture(charts.revenue, days.to_dict("records"), lang="en")
        assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []
    assert drawn in march


def test_names_that_are_long_leave_every_text_of_a_chart_within_it():
    systems = metrics.payment_systems(strange(), money="decimal", **MARCH).query("currency == 'RUB'")
    drawn = picture(charts.payment_systems, systems.to_dict("records"), lang="en")
    svg = base64.b64decode(re.search(r'base64,([^"]+)"', drawn)[1]).decode()
    starts = [float(left) for left in re.findall(r"translate\((-?[\d.]+) [\d.]+\) scale", svg)]
    assert len(starts) > 40
    assert min(starts) > 0


def test_every_chart_has_its_words(march):
    images = Page(march).all("img")
    assert len(images) == 11
    assert all(len(image["alt"]) > 40 for image in images)
    assert [image["alt"] for image in images if re.search("[А-Яа-я]", image["alt"])] == []


# The file


def test_the_file_appears_whole_and_replaces_nothing_unasked(tmp_path, undrawn):
    target = tmp_path / "march.html"
    target.write_text("mine")
    with pytest.raises(ExportError, match="exists already"):
        write_page(target, table([]), facts=facts(), lang="en", **MARCH)
    assert target.read_text() == "mine"
    assert write_page(target, table([]), facts=facts(), lang="en", overwrite=True, **MARCH) == target
    assert target.read_text(encoding="utf-8").endswith("</html>\n")
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["october.docx", "october", "october.xls", ".html"])
def test_another_ending_is_refused_with_the_three_that_there_are(name):
    with pytest.raises(ExportError, match=r"\.xlsx .*\.html .*\.pdf"):
        report_writer(name)
