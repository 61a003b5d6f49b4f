"""One Spark for a whole run, started when a test first needs it: two threads of this machine."""

from __future__ import annotations

import functools
import os
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["HERE", "session_in", "stop", "whole_spark"]

_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java compiles for minutes what runs for seconds, unless it is told not to."""

HERE = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": _SHORT_LIVED,
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.extraJavaOptions": _SHORT_LIVED,
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""What keeps Spark on this machine, and small."""

_QUICK = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


@functools.cache
def session_in(zone: str) -> SparkSession:
    """Open a session whose zone is that of some user; all of them share one Spark."""
    session = whole_spark("local[2]").newSession()
    session.conf.set("spark.sql.session.timeZone", zone)
    return session


@functools.cache
def whole_spark(master: str) -> SparkSession:
    """Start Spark; a process holds one."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    with warnings.catch_warnings():  # PySpark 4.3 warns of pandas 3, through which nothing here goes
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        from pyspark.sql import SparkSession

        return SparkSession.builder.master(master).config(map={**HERE, **_QUICK}).getOrCreate()


def stop() -> None:
    """End Spark and its Java, if it was started."""
    if not whole_spark.cache_info().currsize:
        return
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    SparkContext._active_spark_context.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(60)
    SparkContext._gateway = SparkContext._jvm = None
    session_in.cache_clear()
    whole_spark.cache_clear()
