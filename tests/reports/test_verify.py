"""A report held against the store: what was changed by hand is found, what was not is verified."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tegro_analytics import cli
from tegro_analytics.exceptions import ConfigurationError, DataError, StoreError
from tegro_analytics.reports import compared, recorded_in
from tegro_analytics.reports.verifying import Difference
from tegro_analytics.sandbox.process import start
from tegro_analytics.shop import Shop
from tests.conftest import NOW, open_shop
from tests.reports.workbooks import copied, edited, parts

OCTOBER = {"since": "2026-10-01", "until": "2026-11-01"}


@pytest.fixture(scope="module")
def october(read_shop, tmp_path_factory):
    """Write a report on the shop of the tests."""
    return read_shop.report(
        tmp_path_factory.mktemp("october") / "october.xlsx", lang="en", pii=True, **OCTOBER
    )


def held(path, truth, **options):
    """Hold a changed workbook against the one that it was made from."""
    return compared(path, truth, recorded_in(path), lang="en", **options)


def sheet_of(path, name):
    """Name the part of a workbook in which a sheet stands: they are numbered in their order."""
    names = [line.split('"')[0] for line in parts(path)["xl/workbook.xml"].split('<sheet name="')[1:]]
    return f"xl/worksheets/sheet{names.index(name) + 1}.xml"


# What is so


def test_a_report_is_verified_against_the_store(read_shop, october):
    found = read_shop.verify(october)
    assert found.ok
    assert bool(found) is True
    assert (found.different, found.differences) == (0, ())
    assert found.cells > 3_000
    assert str(found).startswith("[SANDBOX] october.xlsx: verified.")
    said = json.loads(json.dumps(found.to_dict()))
    assert said["ok"] is True
    assert said["shop_id"] == read_shop.orders()["shop_id"][0]
    assert dt.datetime.fromisoformat(said["as_of"]) == found.as_of


@pytest.mark.long
def test_a_report_stays_true_when_the_shop_goes_on(tmp_path):
    with start(orders=300, seed=7, now=NOW) as sandbox:
        shop = open_shop(sandbox, tmp_path / "data", lang="ru", plan="starter")
        shop.sync()
        path = shop.report(tmp_path / "october.xlsx", **OCTOBER)
        paid = shop.orders(**OCTOBER).query("status_name == 'paid'")["id"].head(5)
        sandbox.control("refund", ids=[int(number) for number in paid])
        shop.sync()
        assert shop.verify(path).ok
        later = shop.report(tmp_path / "later.xlsx", **OCTOBER)
        assert shop.verify(later).ok
        found = compared(path, later, recorded_in(path))
        assert not found.ok  # the refunds are in the later one alone
        shop.close()


# What was changed by hand


@pytest.mark.parametrize(
    ("sheet", "changes", "different"),
    [
        (
            "Days, RUB",
            [("<v>1000</v>", "<v>1000.01</v>")],
            "Days, RUB!B5: in the file 1000.01, by the store 1000",
        ),
        (
            "Days, RUB",
            [("<f>ROUND(SUM(B5:B8),2)</f>", "")],
            "Days, RUB!B9: in the file nothing, by the store =ROUND(SUM(B5:B8),2)",
        ),
        (
            "Days, RUB",
            [("SUM(B5:B8)", "SUM(B5:B7)")],
            "Days, RUB!B9: in the file =ROUND(SUM(B5:B7),2), by the store =ROUND(SUM(B5:B8),2)",
        ),
        (
            "Days, RUB",
            [("<v>2350.0</v>", "<v>2351.0</v>")],
            "Days, RUB!B9: in the file 2351, by the store 2350",
        ),
    ],
    ids=["an amount", "a number for a formula", "another formula", "the value of a formula"],
)
def test_a_changed_cell_is_found(march, tmp_path, sheet, changes, different):
    path = edited(march["en"], tmp_path, sheet_of(march["en"], sheet), *changes)
    found = held(path, march["en"])
    assert not found.ok
    assert [one.to_text("en") for one in found.differences] == [different]
    assert str(found).startswith("report.xlsx: NOT verified. It differs in 1 place from what was known on")


def test_a_number_that_became_a_text_is_found(march, tmp_path):
    part = sheet_of(march["en"], "Days, RUB")
    old = next(cell for cell in parts(march["en"])[part].split("<c ") if cell.startswith('r="B5"'))
    new = f'{old.split(">")[0]} t="inlineStr"><is><t>1000</t></is></c>'
    path = edited(march["en"], tmp_path, part, (old, new))
    assert [one.cell for one in held(path, march["en"]).differences] == ["B5"]


def test_a_row_that_was_deleted_is_found(march, tmp_path):
    part = sheet_of(march["en"], "Orders")
    row = next(row for row in parts(march["en"])[part].split("<row ") if row.startswith('r="8"'))
    found = held(edited(march["en"], tmp_path, part, (f"<row {row}", "")), march["en"])
    assert {one.sheet for one in found.differences} == {"Orders"}
    assert {one.computed for one in found.differences} >= {"o-4", "paid", "300"}
    assert all(one.in_file == "" for one in found.differences)


def test_a_sheet_that_is_missing_or_not_of_the_report_is_found(march, tmp_path):
    path = edited(march["en"], tmp_path, "xl/workbook.xml", ('name="Customers"', 'name="Clients"'))
    found = held(path, march["en"])
    assert [one.to_text("en") for one in found.differences] == [
        "the sheet “Customers” is missing",
        "the sheet “Clients” is not of the report",
    ]


def test_what_is_listed_ends_somewhere(march, tmp_path):
    part = sheet_of(march["en"], "Orders")
    body = parts(march["en"])[part]
    rows = body[body.index("<row ") : body.rindex("</row>") + len("</row>")]
    found = held(edited(march["en"], tmp_path, part, (rows, "")), march["en"])
    lines = list(found.lines())
    assert found.different == len(found.differences) > 100
    assert len(lines) == 22
    assert lines[-1] == f"  … and {found.different - 20} more"


def test_what_differs_is_shown_masked_and_on_one_line(october, tmp_path):
    texts = parts(october)["xl/sharedStrings.xml"]
    address = next(word for word in texts.replace("<", ">").split(">") if "@" in word)
    path = edited(
        october, tmp_path, "xl/sharedStrings.xml", (address, "thief@evil.example\n4111111111111111")
    )
    found = held(path, october)
    assert {one.in_file for one in found.differences} == {"t***@evil.example\N{REPLACEMENT CHARACTER}***1111"}
    assert all("***@" in one.computed for one in found.differences)
    assert address not in found._repr_html_()
    assert "<script" not in replace(found, path=Path("<script>"))._repr_html_()


# The file beside it


def test_the_orders_beside_the_workbook_are_verified_too(pair, tmp_path):
    here = copied(pair, tmp_path)
    missing = held(here, pair)
    assert [one.to_text("en") for one in missing.differences] == [
        "the file report-orders.xlsx, which holds the orders, is not beside the workbook"
    ]
    beside = pair.with_name("report-orders.xlsx")
    copied(beside, tmp_path)
    assert held(here, pair).ok
    part = "xl/worksheets/sheet1.xml"
    edited(beside, tmp_path, part, ("<v>9999</v>", "<v>9998</v>"))
    assert [one.to_text("en") for one in held(here, pair).differences] == [
        "report-orders.xlsx: Orders!L7: in the file 9998, by the store 9999"
    ]


def test_the_file_beside_it_is_looked_for_there_alone(pair):
    found = recorded_in(pair)
    assert (found.companion, found.limit, found.file_name) == ("report-orders.xlsx", 9, "report.xlsx")
    properties = found.properties() | {"tegro.companion": "../../etc/x-orders.xlsx"}
    assert type(found).of(properties).companion == "x-orders.xlsx"


# What cannot be verified


def test_what_is_no_report_is_named(tmp_path, read_shop, march):
    plain = tmp_path / "plain.xlsx"
    with zipfile.ZipFile(march["en"]) as file, zipfile.ZipFile(plain, "w") as made:
        for name in file.namelist():
            if name != "docProps/custom.xml":
                made.writestr(name, file.read(name))
    with pytest.raises(DataError, match=r"plain\.xlsx is not a report that can be verified\. `tegro report`"):
        read_shop.verify(plain)
    part = edited(march["en"], tmp_path, "docProps/custom.xml", ("tegro.until", "tegro.never"))
    with pytest.raises(DataError, match=r"cannot|is not a report .*: the property tegro\.until is missing"):
        read_shop.verify(part)
    with pytest.raises(DataError, match=r"There is no file .*nowhere\.xlsx"):
        read_shop.verify(tmp_path / "nowhere.xlsx")


def test_a_damaged_file_is_named(tmp_path, october, read_shop):
    whole = october.read_bytes()
    for number, content in enumerate((b"", b"PK\x03\x04", whole[: len(whole) // 2])):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"cannot be read as a workbook .* damaged, or of another kind"):
            read_shop.verify(path)
    broken = edited(october, tmp_path, sheet_of(october, "Days, RUB"), ("<sheetData>", "<sheetData"))
    with pytest.raises(DataError, match="damaged"):
        held(broken, october)


def test_the_report_of_another_shop_zone_or_store_is_named(tmp_path, read_shop, march, october):
    with pytest.raises(DataError, match=r"is a report on A1B2C3, a live shop; this is .*, a sandbox"):
        read_shop.verify(march["en"])
    elsewhere = edited(october, tmp_path, "docProps/custom.xml", (">Europe/Moscow<", ">Asia/Omsk<"))
    with pytest.raises(ConfigurationError, match="time zone Asia/Omsk, not by Europe/Moscow"):
        read_shop.verify(elsewhere)
    known = recorded_in(october).known_at.isoformat()
    name = 'name="tegro.known_at"><vt:lpwstr>'
    change = (f"{name}{known}", f"{name}2020-01-01T00:00:00+00:00")
    before = edited(october, tmp_path, "docProps/custom.xml", change)
    with pytest.raises(
        StoreError, match=r"was known at 2020-01-01 .* no run of that moment: it was begun later"
    ):
        read_shop.verify(before)


def test_a_report_of_a_time_before_the_first_run_is_refused(read_shop, tmp_path):
    with pytest.raises(StoreError, match=r"known at 2020-01-01 cannot be told: the first run .* began at"):
        read_shop.report(tmp_path / "early.xlsx", as_of="2020-01-01")
    assert list(tmp_path.iterdir()) == []


def test_another_version_is_told(march):
    recorded = replace(recorded_in(march["en"]), version="tegro_analytics 0.1.0")
    found = compared(march["en"], march["en"], recorded, lang="en")
    assert str(found).endswith("another version may compute otherwise.")
    assert "Written by tegro_analytics 0.1.0, verified by tegro_analytics " in str(found)


def test_a_difference_is_told_in_both_languages():
    one = Difference("Сводка", "B7", "", "5")
    assert one.to_text("ru") == "Сводка!B7: в файле пусто, по хранилищу 5"
    assert one.to_text("en") == "Сводка!B7: in the file nothing, by the store 5"


# The command


def test_the_command_ends_with_5_where_something_differs(march, tmp_path, credentials, monkeypatch, capsys):
    part = sheet_of(march["en"], "Days, RUB")
    changed = edited(march["en"], tmp_path, part, ("<v>1000</v>", "<v>1001</v>"))
    monkeypatch.setattr(Shop, "verify", lambda _, path: held(path, march["en"]))
    ends = []
    for words in (["--json"], ["--quiet"]):
        with pytest.raises(SystemExit) as end:
            cli.main(["verify", str(changed), *words])
        ends.append((end.value.code, capsys.readouterr().out))
    (code, printed), (_, lines) = ends
    said = json.loads(printed)
    assert code == 5
    assert (said["ok"], said["different"]) == (False, 1)
    assert set(said["differences"][0]) == {"sheet", "cell", "in_file", "computed", "kind"}
    assert lines.splitlines()[1] == "  Days, RUB!B5: in the file 1001, by the store 1000"


@pytest.mark.long
def test_the_command_says_what_differs(read_shop, october, tmp_path, credentials, monkeypatch, capsys):
    monkeypatch.setenv("TEGRO_STORE", str(read_shop.folder))
    shutil.copy(october, tmp_path / "october.xlsx")
    with pytest.raises(SystemExit) as end:
        cli.main(["verify", str(tmp_path / "october.xlsx"), "--lang", "ru", "--quiet"])
    assert end.value.code == 0
    assert "october.xlsx: проверен." in capsys.readouterr().out
    path = edited(october, tmp_path, sheet_of(october, "Orders"), ("<v>", "<v>1"))
    with pytest.raises(SystemExit) as end:
        cli.main(["verify", str(path), "--quiet"])
    assert end.value.code == 5
    assert "NOT verified" in capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        cli.main(["verify", str(tmp_path / "nowhere.xlsx"), "--quiet"])
    assert end.value.code == 2


@pytest.mark.parametrize("name", ["october.html", "october.PDF"])
def test_a_page_is_no_workbook(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="only the workbook can"):
        recorded_in(tmp_path / name)
