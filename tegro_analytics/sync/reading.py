"""One list of one shop, read as its plan says: pages go to a file of their own, the store is only asked."""

from __future__ import annotations

import contextlib
import datetime as dt
import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tegro_analytics import frames
from tegro_analytics.api.errand import Errand
from tegro_analytics.api.lists.crew import Crew, Ticket
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import PassReport, dated
from tegro_analytics.api.lists.reading import PageStream
from tegro_analytics.exceptions import Rejected, TransportError
from tegro_analytics.progress import Progress
from tegro_analytics.sync.memory import Memory
from tegro_analytics.sync.plan import ListPlan
from tegro_analytics.sync.setting import Member, Setting
from tegro_analytics.sync.staging import Heading, Staging
from tegro_analytics.sync.sweep import Place, sweep
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ListRead", "ListReader"]

ENOUGH_PROBLEMS = 3
"""So many look-ups may fail before the rest is left for the next run."""


@dataclass(repr=False)
class ListRead:
    """Hold what a run has read of one list.

    Attributes
    ----------
    plan : ListPlan
        How it was to be read.
    report : PassReport
        What reading it has shown.
    since : datetime
        When the first of its pages was asked for, by a run before this one if that was interrupted.
    place : Place
        Where the next sweep goes on.
    swept : list of Page
        The pages of the sweep.
    stretch : (str, str) or None
        The dates between which the sweep read all rows.
    looked_up : list of Page
        The open orders that were asked for one by one, a page each; without rows where one is gone.
    asked : tuple of int
        Their ids.
    due : int
        How many were due.
    problems : list of str
        What of that could not be read: the run is good without it.
    """

    plan: ListPlan
    report: PassReport
    since: dt.datetime
    place: Place
    staging: Staging
    swept: list[Page] = field(default_factory=list)
    stretch: tuple[str, str] | None = None
    looked_up: list[Page] = field(default_factory=list)
    asked: tuple[int, ...] = ()
    due: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def came_in(self) -> int:
        """How many rows are younger than all that were known."""
        pairs = (pair for page in self.staging.pages() for pair in zip(page.keys, page.created, strict=True))
        return len({key for key, created in pairs if created and created > (self.plan.newest or created)})

    @property
    def front(self) -> set[Hashable]:
        """The rows of page 1."""
        return {key for page in self.staging.pages() if page.number == 1 for key in page.keys}

    @property
    def whole(self) -> bool:
        """Whether the list was read to its end."""
        return self.report.end_seen != "known"

    def pages(self) -> Iterator[Page]:
        """Give all pages, as often as they are wanted."""
        yield from self.staging.pages()
        yield from self.swept
        yield from self.looked_up


@dataclass(repr=False)
class ListReader:
    """Read lists one after the other; what they leave in files is gone, or kept, with the stack.

    Parameters
    ----------
    setting, memory
        What the run goes by, and the store that it asks.
    folder
        Where pages wait until all is read.
    stack
        Closes the files.
    now
        When the run began.
    """

    setting: Setting
    memory: Memory
    folder: Path
    stack: contextlib.ExitStack
    now: dt.datetime
    current: tuple[ListPlan, PageStream] | None = None
    """What is being read: to tell how far it came."""

    def read(self, member: Member, plan: ListPlan) -> ListRead:
        """Read a list as its plan says."""
        staging = self._stage(member, plan)
        stream = self._stream(member, plan, staging)
        self.current = plan, stream
        lang = self.setting.lang
        title = tr(f"table.{plan.list}", lang)
        with (
            contextlib.closing(stream),
            Progress(title, show=self.setting.show_progress, lang=lang) as progress,
        ):
            for page in stream:
                staging.add(page, stream.mark if plan.kind == "full" else None)
                progress.page(len(page.keys), min((text for text in page.created if text), default=None))
        done = ListRead(plan, stream.report, staging.heading.since, plan.place, staging)
        if done.whole:
            done.place = Place(swept=done.since)
        else:
            self._look_at_the_old(member, done)
        return done

    def _stage(self, member: Member, plan: ListPlan) -> Staging:
        self._clear(member, plan)
        staging = self.stack.enter_context(self._pages(member, plan, new=plan.kind == "incremental"))
        if plan.kind == "incremental" or staging.mark is None or _known(staging, plan):
            staging.restart()
        return staging

    def _clear(self, member: Member, plan: ListPlan) -> None:
        """Remove pages of a run of the other kind where they are of no use any more."""
        left = self._pages(member, plan, new=plan.kind == "full")
        if not left.path.exists():
            return
        with left:
            if plan.kind == "full" or not left.found or _known(left, plan):
                left.drop()

    def _pages(self, member: Member, plan: ListPlan, *, new: bool) -> Staging:
        """Name the pages of the list: those of what is new apart from those of all of it."""
        name = f"{plan.list}-new" if new else plan.list
        return Staging(self.folder, Heading(member.client.server, plan.shop_id, name, self.now))

    def _stream(self, member: Member, plan: ListPlan, staging: Staging) -> PageStream:
        read = member.client.iter_orders if plan.list == "orders" else member.client.iter_withdrawals
        if plan.kind == "incremental":
            return read(settled=self._settled(plan))
        staged = staging.pages() if staging.found else None
        return read(verify=True, staged=staged, mark=staging.mark)

    def _settled(self, plan: ListPlan) -> Callable[[Page], bool]:
        """Make what tells that all rows of a page are known, unchanged, and older than the horizon."""
        context = self.setting.context(plan.shop_id)

        def settled(page: Page) -> bool:
            dates = dated(page.created)
            if len(dates) < len(page.keys) or max(dates) >= str(plan.horizon):
                return False
            return self.memory.all_known(decoded(plan.list, page, context))

        return settled

    def _look_at_the_old(self, member: Member, done: ListRead) -> None:
        """Spend the budget on rows that may have changed behind those that are new."""
        plan, report, budget = done.plan, done.report, self.setting.budget
        client = member.client
        swept = sweep(
            client.orders if plan.list == "orders" else client.withdrawals,
            plan.place,
            most=budget.pages_of(plan.list),
            start=max(report.last_page, 1),
            came_in=done.came_in,
            page_size=report.page_size_seen or 1,
            now=self.now,
            front=done.front,
        )
        done.swept, done.place = swept.pages, swept.place
        if swept.since and swept.until:
            done.stretch = swept.since, swept.until
        done.problems += swept.problems
        if plan.list == "orders":
            self._look_up(member, done)

    def _look_up(self, member: Member, done: ListRead) -> None:
        """Ask for open orders that are due, but for those that this run has read anyway."""
        seen = {key for page in done.pages() for key in page.keys}
        due = self.memory.due(
            done.plan.shop_id,
            now=self.now,
            open_codes=self.setting.reference.codes("open"),
            most=self.setting.budget.lookups + len(seen),
        )
        unseen = [number for number in due.ids if number not in seen]
        done.due = due.every - len(due.ids) + len(unseen)
        look_up(member, unseen[: self.setting.budget.lookups], done)


def _known(staging: Staging, plan: ListPlan) -> bool:
    """Tell whether pages were merged: a run that is killed between its merge and its end leaves them."""
    swept = plan.place.swept
    return swept is not None and staging.heading.since <= swept


def decoded(name: str, page: Page, context: frames.Context) -> dict[str, pa.Table]:
    """Decode one page to be compared with what is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "withdrawals":
            one = frames.withdrawals_table([page], context, as_of=page.requested_at)
        else:
            one = frames.orders_table([page], context, as_of=page.requested_at)
    return {name: one.table, "quarantine": one.quarantine}


def look_up(member: Member, ids: Sequence[int], done: ListRead) -> None:
    """Ask for orders one by one, several at a time; what cannot be read is noted, and left for later."""
    client, errand = member.client, Errand()
    crew = Crew(lambda place: client.order_alone(ids[place], errand=errand))
    tickets: list[Ticket] = []
    try:
        for place in range(len(ids)):
            while crew.busy >= client.at_once:
                crew.wait()
            if sum(ticket.error is not None for ticket in tickets) >= ENOUGH_PROBLEMS:
                break
            tickets.append(crew.send(place))
        while crew.busy:
            crew.wait()
    except BaseException:
        errand.call_off()
        raise
    for ticket in tickets:
        if ticket.error is not None and not isinstance(ticket.error, TransportError | Rejected):
            raise ticket.error
    done.asked = tuple(ids[ticket.number] for ticket in tickets)
    done.looked_up = [ticket.page for ticket in tickets if ticket.page is not None]
    done.problems += list(dict.fromkeys(str(ticket.error) for ticket in tickets if ticket.error is not None))
