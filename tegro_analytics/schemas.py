"""Every table once: its columns, their types, units and meaning.

Frames, the store, exports and the documents are made from what stands here. The labels that people read, in
Russian and English, are in :mod:`tegro_analytics.texts` under ``column.<name>``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "int", "bool", "money", "instant", "date"]

MONEY_DIGITS = 18
MONEY_SCALE = 8


@dataclass(frozen=True, slots=True)
class Column:
    """Describe one column.

    ``kind`` says what it holds: *money* is exact decimal with 8 places, *instant* is a moment in UTC with
    microseconds, *date* is a calendar day in the report zone.
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    api: str | None = None
    unit: str | None = None
    engine: bool = False
    """Made for the engines; pandas shows it with ``columns="all"`` only."""


@dataclass(frozen=True, slots=True)
class Table:
    """Describe one table: its columns in order, what a row is, and what it is sorted by."""

    name: str
    row: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...] = ()
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    def names(self, *, engine: bool = True) -> list[str]:
        """List the names of the columns, those for the engines included unless told otherwise."""
        return [column.name for column in self.columns if engine or not column.engine]

    def arrow(self, *, engine: bool = True) -> pa.Schema:
        """Build the Arrow schema: decimal128(18, 8), timestamp[us, UTC], date32, int64, bool, string."""
        import pyarrow as pa

        types = arrow_types()
        return pa.schema(
            [
                pa.field(column.name, types[column.kind], nullable=column.nullable)
                for column in self.columns
                if engine or not column.engine
            ]
        )


def arrow_types() -> dict[Kind, pa.DataType]:
    """Map each kind of column to its Arrow type."""
    import pyarrow as pa

    return {
        "text": pa.string(),
        "int": pa.int64(),
        "bool": pa.bool_(),
        "money": pa.decimal128(MONEY_DIGITS, MONEY_SCALE),
        "instant": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
    }


def _clock(name: str, what: str, *, nullable: bool) -> tuple[Column, ...]:
    """Make the columns by which engines group the clock ``name``: they never truncate an instant."""
    return (
        Column(f"{name}_week", "date", f"Monday of the week in which {what}", nullable, engine=True),
        Column(f"{name}_month", "text", f"month in which {what}", nullable, unit="YYYY-MM", engine=True),
        Column(f"{name}_hour", "int", f"hour of the day in which {what}", nullable, unit="0-23", engine=True),
        Column(
            f"{name}_weekday", "int", f"weekday on which {what}", nullable, unit="1 = Monday", engine=True
        ),
    )


ORDERS = Table(
    "orders",
    "one order as last observed",
    (
        Column("shop_id", "text", "public key of the shop"),
        Column("id", "int", "Tegro's number of the order", api="id"),
        Column(
            "payment_id", "text", "the shop's own order number; free text, not unique", True, "payment_id"
        ),
        Column("status", "int", "status code as received", api="status"),
        Column("status_name", "text", "name of the status; unknown codes are `unknown:<n>`"),
        Column("is_test", "bool", "whether it is a test order", api="test_order"),
        Column("created_at", "instant", "when the order was created", api="date_created"),
        Column("paid_at", "instant", "when it was paid", True, "date_payed"),
        Column("created_date", "date", "day on which it was created, in the report zone"),
        Column("paid_date", "date", "day on which it was paid, in the report zone", True),
        Column("seconds_to_pay", "int", "time from creation to payment", True, unit="seconds"),
        Column("amount", "money", "amount of the order", api="amount", unit="currency"),
        Column("fee", "money", "fee of the order; it counts on paid orders only", True, "fee", "currency"),
        Column("currency", "text", "currency code; unresolved ids are `CUR#<id>`"),
        Column("payment_system_id", "int", "Tegro's number of the payment system", True, "payment_system_id"),
        Column("payment_system", "text", "name of the payment system; unknown ids are `PS#<id>`"),
        Column("family", "text", "family of the payment system: card, ewallet, crypto, …", True),
        Column("rail", "text", "who carries the payment", True),
        Column("customer", "int", "key of the customer, made from the e-mail under a private salt", True),
        Column("email", "text", "e-mail of the payer, masked unless asked for", True, "email"),
        Column("first_seen_at", "instant", "when the order was first observed"),
        Column("observed_at", "instant", "when the last request that held it was sent"),
        Column("refund_first_seen_at", "instant", "when it was first seen refunded", True),
        Column("as_of", "instant", "when the first request of the last complete run was sent"),
        Column("flags", "text", "what is odd about the order, comma-separated"),
        Column("extra", "text", "fields that the schema does not know, as JSON", True),
        Column("is_test_int", "int", "1 for a test order, else 0", engine=True),
        *_clock("created", "the order was created", nullable=False),
        *_clock("paid", "the order was paid", nullable=True),
        Column("currency_id", "int", "Tegro's number of the currency", api="currency_id", engine=True),
        Column("created_text", "text", "date of creation as received", api="date_created", engine=True),
        Column("paid_text", "text", "date of payment as received", True, "date_payed", engine=True),
    ),
    sort=("created_at", "id"),
)

WITHDRAWALS = Table(
    "withdrawals",
    "one withdrawal as last observed; its record is documented nowhere: columns come from candidates",
    (
        Column("shop_id", "text", "public key of the shop that was asked"),
        Column("id", "text", "Tegro's number; without one, the SHA-256 of the sorted record"),
        Column("payment_id", "text", "the shop's own number", True),
        Column("status", "text", "status as received", True),
        Column("created_at", "instant", "when it was created", True),
        Column("done_at", "instant", "when it was carried out", True),
        Column("amount", "money", "amount of the withdrawal", True, unit="currency"),
        Column("fee", "money", "fee of the withdrawal", True, unit="currency"),
        Column("currency", "text", "currency code; unresolved ids are `CUR#<id>`", True),
        Column("payment_system_id", "int", "Tegro's number of the payment system", True),
        Column("account", "text", "where the money went, masked unless asked for", True),
        Column("observed_at", "instant", "when the last request that held it was sent"),
        Column("as_of", "instant", "when the first request of the last complete run was sent"),
        Column("extra", "text", "all other fields of the record, as JSON", True),
    ),
    sort=("created_at", "id"),
)

WITHDRAWAL_FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("id", "withdrawal_id", "order_id"),
    "payment_id": ("payment_id", "external_id", "merchant_id"),
    "status": ("status", "state", "status.code", "status.name"),
    "created_at": ("date_created", "created_at", "date", "date_added", "created"),
    "done_at": ("date_payed", "date_paid", "done_at", "date_done", "completed_at", "date_completed"),
    "amount": ("amount", "sum", "value", "amount.value", "amount.amount", "sum.value"),
    "fee": ("fee", "commission", "fee.value", "fee.amount", "commission.value", "commission.amount"),
    "currency": (
        "currency",
        "currency_code",
        "currency_id",
        "currency.code",
        "currency.id",
        "amount.currency",
    ),
    "payment_system_id": ("payment_system_id", "payment_system", "payment_system.id"),
    "account": ("account", "wallet", "recipient", "destination", "account.number", "recipient.account"),
}
"""Where each column of a withdrawal is looked for, first name first; ``a.b`` is field b of an object a."""

BALANCES = Table(
    "balances",
    "the balance of one currency at one moment, for the whole account",
    (
        Column("user_id", "int", "Tegro's number of the account", api="user_id"),
        Column("currency", "text", "currency code"),
        Column("balance", "money", "balance", unit="currency"),
        Column("observed_at", "instant", "when the request was sent"),
    ),
    sort=("observed_at", "currency"),
)

SHOPS = Table(
    "shops",
    "one shop of the account",
    (
        Column("id", "int", "Tegro's number of the shop", api="id"),
        Column("shop_id", "text", "public key, which the API calls shop_id", api="public_key"),
        Column("name", "text", "name", True, "name"),
        Column("url", "text", "address of the shop's site", True, "url"),
        Column("status", "int", "status code as received", True, "status"),
        Column("desc", "text", "description", True, "desc"),
        Column("added_at", "instant", "when it was added", True, "date_added"),
        Column("observed_at", "instant", "when the request was sent"),
    ),
    sort=("id",),
)

QUARANTINE = Table(
    "quarantine",
    "one record that could not be read: kept as it came, and left out of every number",
    (
        Column("table", "text", "table it was meant for"),
        Column("page", "int", "page on which it came"),
        Column("row", "int", "place on the page, from 0"),
        Column("reason", "text", "what is wrong with it"),
        Column("column", "text", "API field that is wrong, if it is one", True),
        Column("raw", "text", "the record as it came, JSON"),
        Column("observed_at", "instant", "when the request was sent"),
    ),
    sort=("table", "page", "row"),
)

TABLES: dict[str, Table] = {table.name: table for table in (ORDERS, WITHDRAWALS, BALANCES, SHOPS, QUARANTINE)}

FLAGS: dict[str, str] = {
    "test_unknown": "the record does not say whether it is a test order; taken as a live one",
    "unknown_status": "the status code is not in the status table; it enters no rate",
    "unknown_payment_system": "the payment system is not in the reference",
    "unknown_currency": "the currency id is not in the settings",
    "zero_amount": "the amount is 0",
    "negative_amount": "the amount is negative; out of every money metric",
    "paid_date_zero": "the date of payment was 0000-00-00 00:00:00",
    "paid_without_date": "paid, but without a date of payment",
    "paid_before_created": "paid before it was created; out of time to pay",
    "created_ambiguous": "the local time of creation occurred twice; the first was taken",
    "created_gap": "the local time of creation never occurred; moved forward",
    "paid_ambiguous": "the local time of payment occurred twice; the first was taken unless before creation",
    "paid_gap": "the local time of payment never occurred; moved forward",
    "refund_undated": "refunded, and when is not known; dated by the payment",
    "paid_twice": "another order with this payment_id was paid too; a refund is probably owed",
}
"""The flags of an order, each with its meaning."""
