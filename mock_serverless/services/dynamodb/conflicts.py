"""Transactions of somebody else which are under way, and what conflicts with them.

Calls follow one after the other here, so two of them never meet by themselves. ``cloud.dynamodb.transaction`` says that another
client's transaction holds items. A single write to one of them is rejected, a transaction is cancelled, a batch of writes leaves
it unprocessed (that is a guess); reads see what was there before.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
The wording of a conflict is as in published logs of the service, that of a token in progress the API reference's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_serverless.core.errors import AwsError

from .schema import Key
from .table import Table

if TYPE_CHECKING:
    from .database import Database

ONGOING = "Transaction is ongoing for the item"
IN_PROGRESS = "The transaction with the given request token is already in progress."
HELD = "TransactionConflict"
"""The code of a cancellation's reason."""


class Ongoing:
    """The items, and the client token, of a transaction under way; it ends with the ``with`` block, or when told to."""

    def __init__(self, db: Database, items: frozenset[tuple[str, Key]], token: str | None) -> None:
        self._db = db
        self._items = items
        self._tokens = frozenset(() if token is None else (token,))
        db.held |= items
        db.tokens_in_progress |= self._tokens

    def end(self) -> None:
        """The transaction has ended."""
        self._db.held -= self._items
        self._db.tokens_in_progress -= self._tokens

    def __enter__(self) -> Ongoing:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()


def is_held(db: Database, table: Table, key: Key) -> bool:
    """Whether a transaction is under way on an item."""
    return bool(db.held) and (table.name, key) in db.held


def check_free(db: Database, table: Table, key: Key) -> None:
    """What else may be going on with an item that a single write is about, whatever its condition says.

    A transaction under way is a TransactionConflictException; for tables with strong consistency: replication.Membership.admit.
    """
    if is_held(db, table, key):
        raise AwsError("TransactionConflictException", ONGOING)
    if table.membership is not None:
        table.membership.admit(table, key)


def check_token(db: Database, token: str) -> None:
    """TransactionInProgressException for the token of a transaction which is under way."""
    if token in db.tokens_in_progress:
        raise AwsError("TransactionInProgressException", IN_PROGRESS)
