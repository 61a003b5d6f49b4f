"""Find the addresses of a host in a time that is known beforehand.

The system's own look-up takes as long as it likes: with a name server that does not answer, much longer than
a call may, and no time-out reaches into it.
"""

from __future__ import annotations

import ipaddress
import socket
import threading

from urllib3.util.connection import allowed_gai_family


def find_addresses(host: str, port: int, *, seconds: float) -> list[str]:
    """Give the addresses of a host, in the order in which the system wants them tried.

    Raises
    ------
    TimeoutError
        If the system does not answer in time. The look-up goes on in a thread that nobody waits for.
    OSError
        As raised by the system, ``socket.gaierror`` among them.

    Examples
    --------
    >>> find_addresses("[::1]", 80, seconds=1.0)
    ['::1']
    """
    host = host.strip("[]")
    if _is_address(host):
        return [host]
    lookup = _Lookup(host, port)
    threading.Thread(target=lookup.run, name="tegro-lookup", daemon=True).start()
    if not lookup.done.wait(seconds):
        raise TimeoutError(f"the name was not found within {seconds:.1f} seconds")
    if lookup.problem is not None:
        raise lookup.problem
    return lookup.found


class _Lookup:
    """Ask the system, in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        self.done = threading.Event()
        self.found: list[str] = []
        self.problem: OSError | None = None
        self._asked = (host, port)

    def run(self) -> None:
        try:
            rows = socket.getaddrinfo(*self._asked, allowed_gai_family(), socket.SOCK_STREAM)
            self.found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except OSError as error:
            self.problem = error
        except UnicodeError:
            self.problem = socket.gaierror(socket.EAI_NONAME, "no name of a host")
        finally:
            self.done.set()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
