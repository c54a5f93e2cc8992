"""``cloud.dynamodb``: what boto3 cannot say about tables."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .conflicts import Ongoing
from .descriptions import description
from .images import item_of
from .replication import set_isolated
from .values import Item, Value, normalise_item

if TYPE_CHECKING:
    from mock_serverless.cloud import Cloud

    from .database import Database


REGION_NAME = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")


class DynamodbFace:
    """Helpers for tables, in the cloud's own account and region unless others are named."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def items(self, table: str, *, account: str | None = None, region: str | None = None) -> list[dict[str, Any]]:
        """All items of a table as plain Python values, in the order of a scan; no call, no page, nothing in the journal.

        Numbers are ints where they are whole, Decimals otherwise; sets are sets. Raises AwsError
        (ResourceNotFoundException) when there is no such table.
        """
        store = self._database(account, region).table(table).items.store
        return [plain(item_of(store.items[key])) for key in store.scan(None, 0, 1 << 64)]

    def description(self, table: str, *, account: str | None = None, region: str | None = None) -> dict[str, Any]:
        """What DescribeTable answers (its ``Table``), without a call. Raises AwsError when there is no such table."""
        return description(self._database(account, region).table(table))

    def latency(self, **seconds: float) -> None:
        """How long AWS takes for what it does in the background, in seconds of virtual time: everything is instant unless set.

        ``table`` (to be created, updated, deleted), ``index`` (to be filled), ``restore``, ``backup``, ``replica``,
        ``time_to_live``, ``export``, ``import``, ``bulk``, ``kinesis``, ``insights``: see latency.KINDS. What isn't named keeps
        its setting; 0 makes it instant again. It counts for what begins from now on, in all accounts and regions. Raises
        TypeError for another name, ValueError for what is no time.
        """
        self._database(None, None).latency.set(seconds)

    def read_lag(self, seconds: float) -> None:
        """Let reads be as late as AWS allows: those that aren't consistent see the items of so many virtual seconds ago.

        They are get_item, batch_get_item, query and scan without ``ConsistentRead``, and every read of a global index.
        Consistent reads, conditions and transactions see what is. 0 (as it is unless set): everybody does. It holds for all
        accounts and regions, for what is written from now on. Raises ValueError for what is no time.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise ValueError(f"the lag of reads is a number of seconds, 0 or more, not {seconds!r}")
        self._database(None, None).read_lag = float(seconds)

    def replication_lag(self, seconds: float) -> None:
        """How long a write takes from one replica of a global table to the others, in seconds of virtual time; 0 unless set.

        With 0 it is there at the end of the call that made it; AWS takes "typically a second or less". It counts for what hasn't
        arrived yet as well. In tables with multi-Region strong consistency, an item counts for so long as being modified by
        the region that has written it. Raises ValueError for what is no time.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise ValueError(f"a lag is a number of seconds, 0 or more, not {seconds!r}")
        self._database(None, None).globe.lag = float(seconds)

    def isolate(self, region: str) -> Isolation:
        """Cut a region off from the other replicas of its global tables: its writes don't leave it, those of others don't arrive.

        It lasts until ``heal`` is said, or to the end of a ``with`` block. What was held back is delivered then; conflicts are
        decided by when things were written. Tables can be made, changed and deleted all the same. Raises ValueError for what
        is no region's name.
        """
        if not isinstance(region, str) or not REGION_NAME.fullmatch(region):
            raise ValueError(f"a region is isolated by its name, us-east-1 for instance, not {region!r}")
        return Isolation(self, region)

    def heal(self, region: str | None = None) -> None:
        """Connect a region again that has been isolated; all of them if none is named."""
        home = self._database(None, None)
        set_isolated(home, home.globe.isolated - {region} if region is not None else frozenset())
        self._cloud.run_due()

    def ttl_lag(self, seconds: float) -> None:
        """Let items whose time to live has passed stay for so many virtual seconds more (AWS takes up to some days).

        They can be read and written meanwhile, as on AWS. 0 (as it is unless set): they go at the next due work. It holds for
        all accounts and regions, for items that are there too. Raises ValueError for what is no time.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise ValueError(f"the lag of expiry is a number of seconds, 0 or more, not {seconds!r}")
        self._database(None, None).ttl_lag = float(seconds)

    def transaction(
        self,
        table: str,
        *keys: dict[str, Any],
        token: str | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> Ongoing:
        """Another client's transaction is under way on items, to the end of a ``with`` block or until its ``end()``.

        ``keys`` are plain values, as in ``{"pk": "a", "sk": 1}``; ``token`` is the transaction's ClientRequestToken. Single
        writes to the items give TransactionConflictException, transactions are cancelled with TransactionConflict, batches leave
        the items unprocessed, and the token gives TransactionInProgressException. Reads see what was there before. Raises
        AwsError when there is no such table or a key doesn't fit it.
        """
        db = self._database(account, region)
        held = db.table(table)
        items = frozenset((held.name, held.key.of_key(normalise_item(typed(key)))) for key in keys)
        return Ongoing(db, items, token)

    def _database(self, account: str | None, region: str | None) -> Database:
        cloud = self._cloud
        database: Database = cloud.state_of("dynamodb", account or cloud.account, region or cloud.region)
        return database


class Isolation:
    """A region that is cut off; what ``cloud.dynamodb.isolate`` gives."""

    def __init__(self, face: DynamodbFace, region: str) -> None:
        self.region = region
        self._face = face
        home = face._database(None, None)
        set_isolated(home, home.globe.isolated | {region})

    def heal(self) -> None:
        """Connect the region again."""
        self._face.heal(self.region)

    def __enter__(self) -> Isolation:
        return self

    def __exit__(self, *error: object) -> None:
        self.heal()


def plain(item: Item) -> dict[str, Any]:
    """An item as plain Python values."""
    return {name: _plain_value(value) for name, value in item.items()}


def typed(key: dict[str, Any]) -> Item:
    """A key of plain Python values as DynamoDB's."""
    kinds = {str: "S", bytes: "B", int: "N", Decimal: "N"}
    for name, value in key.items():
        if type(value) not in kinds:
            raise TypeError(f"{name}: keys are str, bytes, int or Decimal, not {value!r}")
    return {n: {kinds[type(v)]: str(v) if kinds[type(v)] == "N" else v} for n, v in key.items()}


def _plain_value(value: Value) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return _number(content)
    if kind == "NS":
        return {_number(text) for text in content}
    if kind in ("SS", "BS"):
        return set(content)
    if kind == "L":
        return [_plain_value(element) for element in content]
    if kind == "M":
        return plain(content)
    return None if kind == "NULL" else content


def _number(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)
