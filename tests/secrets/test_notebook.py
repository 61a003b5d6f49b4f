"""A notebook on a real kernel: saved, it holds no secret, whatever failed in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from tegro_analytics import notebook
from tests.api.wire import serving
from tests.secrets.account import account, account_until
from tests.secrets.calls import named
from tests.secrets.canaries import KEY, SHOP, found_in, secrets_of
from tests.secrets.plants import PLANTED
from tests.secrets.routes import OF_A_FILE

TYPED = "TYPED0INTO0A0CELL0AND0SAVED"

GOOD = [
    "%xmode Verbose\nimport os\nimport tegro_analytics as ta",
    "shop = ta.connect(progress=True)\nprint(shop.sync())",
    "shop",
    "orders = shop.orders(columns='all')\norders",
    "shop.withdrawals()",
    "shop.quarantine()",
    "shop.revenue(freq='day')",
    "%whos",
    "vars(shop)",
    f"typed = ta.connect(api_key='{TYPED}')\ntyped",
    "os.environ['TEGRO_API_BASE'] = os.environ['FAILING']\nfailing = ta.connect(progress=True)",
    "client = ta.Client(os.environ['TEGRO_API_KEY'], 'SHOP', base_url=os.environ['FAILING'])",
    "vars(client)",
    "def person():\n    return shop.orders(pii=True).email[0]",
]
BAD = [
    "shop.orders(columns=['mail'])",
    "shop.report('nowhere/report.xlsx')",
    "failing.sync()",
    "client.withdrawals()",
    "list(client.iter_withdrawals())",
    "client.create_order(currency='RUB', amount=1e-9, order_id='7', fields=dict(email=person()))",
    "del os.environ['TEGRO_API_KEY']\nta.connect()",
    "def leak(planted):\n    return planted[1_000]\nleak(os.environ['PLANTED'])",
]


def settings(address: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TEGRO_API_BASE": address,
        "TEGRO_API_KEY": KEY,
        "TEGRO_SHOP_ID": SHOP,
        "TEGRO_CURRENCIES": "1=RUB",
        "TEGRO_NONCE": "milliseconds",
        "TEGRO_STORE": str(folder / "data"),
        "PLANTED": PLANTED,
    }


@pytest.mark.long
def test_a_saved_notebook_holds_no_secret(tmp_path: Path) -> None:
    (fault,) = (fault.values[0] for fault in named("echo-html"))
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in GOOD + BAD])
    with serving(account) as server, serving(account_until("withdrawals", fault)) as failing:
        NotebookClient(
            node,
            timeout=120,
            kernel_name="python3",
            allow_errors=True,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(tmp_path)}},
        ).execute(env={**settings(server.url, tmp_path), "FAILING": failing.url})
        secrets = list(dict.fromkeys(secrets_of(server) + secrets_of(failing)))
    nbformat.write(node, tmp_path / "saved.ipynb")
    page = notebook.to_html(node, tmp_path / "saved.html", title="saved")

    told = {cell.source: json.dumps(cell.outputs) for cell in node.cells}
    assert [source for source, shown in told.items() if '"output_type": "error"' in shown] == BAD
    assert found_in(told[BAD[-1]], [PLANTED]) == [PLANTED]
    for path in (tmp_path / "saved.ipynb", page):
        assert found_in(OF_A_FILE[path.suffix](path), secrets) == []
    assert [source.count(TYPED) for source, shown in told.items() if "saved with the notebook" in shown] == [
        1
    ]
    assert found_in("".join(told.values()), [TYPED]) == []
    assert "MissingCredentials" in told[BAD[-2]]


def test_a_page_that_can_ask_is_asked_for_the_key_and_does_not_show_it(tmp_path: Path) -> None:
    environment = {**settings("http://127.0.0.1:9", tmp_path), "TEGRO_API_KEY": "", "CI": ""}
    asked: list[Any] = []
    told: list[Any] = []
    manager, page = start_new_kernel(
        kernel_name="python3", env=environment, cwd=str(tmp_path), extra_arguments=["--log-level=ERROR"]
    )
    try:

        def answer(message: Any) -> None:
            asked.append(message["content"])
            page.input(KEY)

        page.execute_interactive(
            "from tegro_analytics.credentials import find_access\naccess = find_access()\naccess",
            allow_stdin=True,
            stdin_hook=answer,
            output_hook=told.append,
            timeout=60,
        )
    finally:
        page.stop_channels()
        manager.shutdown_kernel(now=True)
    (question,) = asked
    assert question["password"] is True
    assert f"API key of the shop {SHOP}" in question["prompt"]
    assert "key=ApiKey('***')" in repr(told)
    assert found_in(repr(told), [KEY]) == []
