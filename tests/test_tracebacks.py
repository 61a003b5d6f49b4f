"""What an exception brings out of the package."""

from __future__ import annotations

import os
import signal
import threading

import duckdb
import pytest

from tegro_analytics.tracebacks import opaque


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_inside_a_query_is_ctrl_c() -> None:
    """DuckDB tells of it as of an error of its own; it listens where the calling thread has work to do."""

    @opaque
    def count() -> None:
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b")

    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt, match="stands") as caught:
        count()
    timer.join()
    assert caught.value.__context__ is None


def test_any_other_error_stays_what_it_is() -> None:
    @opaque
    def fail() -> None:
        raise RuntimeError("Query interrupted by a cat")

    with pytest.raises(RuntimeError, match="a cat"):
        fail()
