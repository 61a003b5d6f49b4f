"""The pages of a run on their way into the store, decoded in batches: memory does not grow with them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tegro_analytics import frames
from tegro_analytics.schemas import ORDERS, QUARANTINE

if TYPE_CHECKING:
    import pyarrow as pa

    from tegro_analytics.api.lists.page import Page

__all__ = ["Decoding", "different"]

BATCH_ROWS = 50_000


@dataclass(repr=False)
class Decoding:
    """Decode the orders of several shops as they are asked for, and gather what else was met on the way.

    Attributes
    ----------
    quarantine : list of pyarrow.Table
        The records that could not be read; complete when the orders are.
    oldest, newest : datetime or None
        The span of ``created_at``.
    notices : list of str
        Fields, statuses and currencies that nothing here knows.
    """

    sources: Sequence[tuple[Callable[[], Iterable[Page]], frames.Context]]
    as_of: dt.datetime
    quarantine: list[pa.Table] = field(default_factory=list)
    oldest: dt.datetime | None = None
    newest: dt.datetime | None = None
    notices: list[str] = field(default_factory=list)

    def orders(self) -> pa.RecordBatchReader:
        """Give the orders as a reader, to be read once."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(ORDERS.arrow(), self._batches())

    def rejects(self) -> pa.RecordBatchReader:
        """Give the quarantine as a reader, to be read after the orders."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(QUARANTINE.arrow(), self._rejects())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for pages, context in self.sources:
            decoder = frames.OrderDecoder(context, as_of=self.as_of, batch_rows=BATCH_ROWS)
            odd = []
            for table, quarantine in decoder.batches(different(pages())):
                if quarantine.num_rows:
                    self.quarantine.append(quarantine)
                self._span(table)
                odd.append(_odd(table))
                yield from table.to_batches()
            if odd and (unknown := decoder.unknown(pa.concat_tables(odd))):
                self.notices.append(f"orders: {'; '.join(unknown)}")

    def _rejects(self) -> Iterator[pa.RecordBatch]:
        for table in self.quarantine:
            yield from table.to_batches()

    def _span(self, table: pa.Table) -> None:
        import pyarrow.compute as pc

        span = pc.min_max(table["created_at"]).as_py()
        if span["min"] is not None:
            self.oldest = min(self.oldest or span["min"], span["min"])
            self.newest = max(self.newest or span["max"], span["max"])


def different(pages: Iterable[Page]) -> Iterator[Page]:
    """Leave out pages that are as before: a list that is read twice in a quiet hour is decoded once.

    A page that changed and changed back is given again: of its rows, the last one counts.

    Examples
    --------
    >>> from tegro_analytics.api.lists.page import page_from_json
    >>> sent = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    >>> data = (b'[{"id":1}]', b'[{"id":1}]', b"[]", b'[{"id":1}]')
    >>> pages = [page_from_json(1, one, requested_at=sent) for one in data]
    >>> [page.keys for page in different(pages)]
    [(1,), (), (1,)]
    """
    seen: dict[int, bytes] = {}
    for page in pages:
        mark = hashlib.blake2b(page.data, digest_size=16).digest()
        if seen.get(page.number) != mark:
            seen[page.number] = mark
            yield page


def _odd(table: pa.Table) -> pa.Table:
    """Keep what :meth:`OrderDecoder.unknown` looks at, each different thing once."""
    import pyarrow.compute as pc

    names = ["flags", "status_name", "currency"]
    found = table.filter(pc.match_substring(table["flags"], "unknown_")).select(names)
    return found.group_by(names).aggregate([])
