"""Ask metrics in a cluster of two workers: ``python -m tests.spark.cluster DATASET FOLDER``."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

from tests.spark.asked import answers
from tests.spark.session import stop, whole_spark

OF_EACH_KIND = (
    "revenue",
    "payment_systems",
    "checkouts",
    "fee_differences",
    "customers",
    "rfm",
    "data_quality",
)
"""Sums, quantiles, windows over rows, joins, lists: what workers have to exchange."""


def main(data_set: str, folder: str) -> None:
    """Write to ``found.pickle`` in the folder how many workers there were, and what the metrics gave."""
    make_home(Path(folder) / "home")
    session = whole_spark("local-cluster[2,1,1024]")
    orders = session.read.parquet(data_set).repartition(4).cache()
    found = answers(orders, split=False, only=OF_EACH_KIND)
    infos = session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    Path(folder, "found.pickle").write_bytes(pickle.dumps((len(infos) - 1, found)))  # one is the driver
    stop()


def make_home(home: Path) -> None:
    """Give the workers a Spark of their own, because they keep their files where it stands."""
    import pyspark

    home.mkdir()
    for installed in Path(pyspark.__file__).parent.iterdir():
        (home / installed.name).symlink_to(installed)
    os.environ["SPARK_HOME"] = str(home)


if __name__ == "__main__":
    main(*sys.argv[1:])
