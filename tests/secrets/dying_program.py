"""A program that looks into everything it does, and dies of a fault: in a thread, and in the end of all."""

from __future__ import annotations

import faulthandler
import http.client
import json
import logging
import os
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

from tests.secrets.calls import CALLS, client_of
from tests.secrets.plants import PLANTED


def main(addresses: dict[str, str]) -> None:
    logging.basicConfig(level=logging.DEBUG)
    http.client.HTTPConnection.debuglevel = 1
    folder = Path(tempfile.mkdtemp())
    logging.getLogger("of the program").info(PLANTED)
    faulthandler.dump_traceback_later(0.05)  # while the first call waits
    for address in addresses.values():
        client = client_of(SimpleNamespace(url=address), folder, deadline=0.1)
        for name, call in CALLS.items():
            thread = threading.Thread(target=call, args=[client], name=name)
            thread.start()
            thread.join()
    # Nobody closes the clients: what is left open is warned of.
    CALLS["create_withdrawal"](client)


if __name__ == "__main__":
    main(json.loads(os.environ["ADDRESSES"]))
