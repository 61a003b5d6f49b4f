"""What each fault must come to, written down by hand from what was decided, not taken from the code."""

from __future__ import annotations

from dataclasses import dataclass

ANSWERED, EMPTY_PAGE = "answered", "empty page"
UNKNOWN = "OutcomeUnknown"


@dataclass(frozen=True)
class Row:
    """Say what a fault that stays comes to.

    Attributes
    ----------
    read, reads : str, int
        How a read ends, and after how many attempts.
    order, withdrawal : str
        How createOrder and createWithdrawal end.
    sends : int
        How often each of these two is tried: more than once only where nothing was ever sent.
    past_page_1 : str or None
        How a list ends past page 1, if otherwise than any read: there, it may be how the API tells the end.
    acts : tuple
        How the sandbox acts on a call that moves money while it shows the fault.
    """

    read: str
    reads: int
    order: str
    withdrawal: str
    sends: int = 1
    past_page_1: str | None = None
    acts: tuple[bool | str, ...] = (True, False, "late")


NOT = (False,)
"""It cannot act, or it would be a lie: the answer says that nothing was done."""
DOES = (True, "late")
"""It would be a lie not to: the answer says that it was done."""

SECTIONS: dict[str, dict[str, Row]] = {
    "On the connection": {
        "refused": Row("NeverSent", 5, "NeverSent", "NeverSent", sends=5, acts=NOT),
        "reset-before": Row("TransportError", 5, UNKNOWN, UNKNOWN, acts=NOT),
        "reset-after": Row("TransportError", 5, UNKNOWN, UNKNOWN),
        "close": Row("TransportError", 5, UNKNOWN, UNKNOWN),
        "silence": Row("DeadlineExceeded", 5, UNKNOWN, UNKNOWN),
        "half-status-line": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "no-http": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "short-body": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "cut-body": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "bad-chunk": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "cut-chunk": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "drip-status": Row("DeadlineExceeded", 1, UNKNOWN, UNKNOWN),
        "drip-headers": Row("DeadlineExceeded", 1, UNKNOWN, UNKNOWN),
        "drip-body": Row("DeadlineExceeded", 1, UNKNOWN, UNKNOWN),
        "huge": Row("BadAnswer", 1, UNKNOWN, UNKNOWN),
    },
    "In the answer": {
        "bad-gzip": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "cut-gzip": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "not-json": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "empty-body": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "deep-json": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "shape-array": Row("BadAnswer", 1, UNKNOWN, UNKNOWN),
        "shape-no-type": Row("BadAnswer", 1, UNKNOWN, UNKNOWN),
        "shape-type-number": Row("BadAnswer", 1, UNKNOWN, UNKNOWN),
        # What createWithdrawal gives is documented nowhere, so any data is its answer.
        "shape-data": Row("BadAnswer", 1, UNKNOWN, ANSWERED, acts=DOES),
        "shape-data-null": Row("BadAnswer", 1, UNKNOWN, UNKNOWN, past_page_1=EMPTY_PAGE),
        "shape-no-data": Row("BadAnswer", 1, UNKNOWN, UNKNOWN, past_page_1=EMPTY_PAGE),
        "duplicate-keys": Row(ANSWERED, 1, UNKNOWN, UNKNOWN),
        "lone-surrogate": Row(ANSWERED, 1, ANSWERED, ANSWERED, acts=DOES),
    },
    "Refusals": {
        "nonce-refused": Row("NonceRefused", 5, "NonceRefused", "NonceRefused", acts=NOT),
        "key-refused": Row("AuthorizationError", 1, "AuthorizationError", "AuthorizationError", acts=NOT),
        "rejected": Row("Rejected", 1, "Rejected", "Rejected", past_page_1=EMPTY_PAGE, acts=NOT),
    },
    "From the network edge": {
        "html-200": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "html-1010": Row("EdgeError", 1, UNKNOWN, UNKNOWN),
        "redirect-301": Row("EdgeError", 1, UNKNOWN, UNKNOWN),
        "redirect-307": Row("EdgeError", 1, UNKNOWN, UNKNOWN),
        "520": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "521": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "522": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "523": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "524": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "525": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "526": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "527": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
    },
    "Statuses": {
        "400": Row("BadAnswer", 1, UNKNOWN, UNKNOWN),
        "400-json": Row("Rejected", 1, "Rejected", "Rejected", past_page_1=EMPTY_PAGE, acts=NOT),
        "404": Row("BadAnswer", 1, UNKNOWN, UNKNOWN, past_page_1=EMPTY_PAGE),
        "404-json": Row("Rejected", 1, "Rejected", "Rejected", past_page_1=EMPTY_PAGE, acts=NOT),
        "408": Row("BadAnswer", 1, UNKNOWN, UNKNOWN),
        "408-seconds": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "408-date": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "425": Row("BadAnswer", 1, UNKNOWN, UNKNOWN),
        "425-seconds": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "425-date": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "429": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "429-seconds": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "429-date": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        # Too many calls is no answer to a read; JSON that refuses is one to a call that moves money.
        "429-json": Row("BadAnswer", 5, "Rejected", "Rejected", acts=NOT),
        "500": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "500-html": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "502": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "502-html": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "503": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "503-html": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
        "504": Row("BadAnswer", 5, UNKNOWN, UNKNOWN),
        "504-html": Row("EdgeError", 5, UNKNOWN, UNKNOWN),
    },
}

EXPECTED = {name: row for rows in SECTIONS.values() for name, row in rows.items()}

AGAIN = [name for name, row in EXPECTED.items() if row.reads > 1]
"""After these a read is asked again."""
