"""How much may be provisioned, and how often settings may be changed.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html. Codes and words have been measured on the
service and published (the catalogue of findings of ack-api-quirks, 2026), but for what is marked as a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError

from .definitions import PER_REQUEST
from .settings import Throughput
from .states import iso
from .table import Table

if TYPE_CHECKING:
    from .database import Database

DAY = 24 * 3600
MOST_UNITS_OF_A_TABLE = 40000
MOST_UNITS_OF_AN_ACCOUNT = 80000
HIGHER = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
SWITCHES_A_DAY, CLASSES_A_MONTH, ENCRYPTIONS_A_DAY, DECREASES_A_DAY = 4, 2, 4, 4


# ---------------------------------------------------------------------- how much


def check_decrease(current: Throughput, given: dict[str, int], now: float) -> None:
    """Four decreases in a day of UTC, and then one an hour after the last."""
    last = current.last_decrease
    less = given["ReadCapacityUnits"] < current.read or given["WriteCapacityUnits"] < current.write
    if (
        not less
        or last is None
        or last // DAY != now // DAY
        or current.decreases < DECREASES_A_DAY
        or now - last >= 3600
    ):
        return
    raise AwsError(
        "LimitExceededException",
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 "
        "decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. Number of "
        f"decreases today: {current.decreases}. Last decrease at {_in_words(last)}. Next decrease can be made at "
        f"{_in_words(min(last + 3600, (now // DAY + 1) * DAY))}.",
    )


def _in_words(timestamp: float) -> str:
    time = from_timestamp(timestamp)
    clock = f"{(time.hour + 11) % 12 + 1}:{time:%M:%S %p}"
    return f"{time:%A, %B} {time.day}, {time.year} at {clock} Coordinated Universal Time"


def check_most_provisioned(db: Database, given: dict[str, int] | None, index: str | None) -> None:
    """The quota of a table or an index."""
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        units = (given or {}).get(name, 0)
        if units > MOST_UNITS_OF_A_TABLE:
            of_index, kind = ("", "table") if index is None else (f" for index {index}", "index")
            raise AwsError(
                "LimitExceededException",
                f"The requested {name}{of_index}, {units}, is above the per {kind} maximum for the account in "
                f"{db.scope.region}. Per {kind} maximum: {MOST_UNITS_OF_A_TABLE}. {HIGHER}",
            )


def check_account(db: Database, given: dict[str, int], replaced: Throughput | None = None) -> None:
    """The quota of an account and region for all that is provisioned; ``replaced`` is what the new throughput stands for."""
    for name, member in (("ReadCapacityUnits", "read"), ("WriteCapacityUnits", "write")):
        reserved = sum(
            getattr(throughput, member)
            for table in db.tables.values()
            for throughput in (table.settings.throughput, *(own.throughput for own in table.index_settings.values()))
        )
        asked = given[name] - (0 if replaced is None else getattr(replaced, member))
        if reserved + asked > MOST_UNITS_OF_AN_ACCOUNT and asked > 0:
            raise AwsError(
                "LimitExceededException",
                f"This request would have caused the {name} limit to be exceeded for the account in {db.scope.region}. Current "
                f"{name} reserved by the account: {reserved}. Limit: {MOST_UNITS_OF_AN_ACCOUNT}. Requested: {asked}. {HIGHER}",
            )


def check_most_on_demand(db: Database, given: dict[str, int] | None, whose: str) -> None:
    """Nobody's limit is above the account's."""
    for name, kind in (("MaxReadRequestUnits", "Read"), ("MaxWriteRequestUnits", "Write")):
        if (given or {}).get(name, 0) > MOST_UNITS_OF_A_TABLE:
            raise AwsError(
                "LimitExceededException",
                f"Subscriber limit exceeded: Requested {name} for OnDemandThroughput for {whose} exceeds "
                f"TableMax{kind}CapacityUnits of the account in region {db.scope.region}",
            )


# ---------------------------------------------------------------------- how often


def check_quotas(table: Table, request: dict[str, Any]) -> None:
    """How often a setting may be changed."""
    now = table.scope.timestamp()
    settings = table.settings
    if "TableClass" in request and sum(now - time < 30 * DAY for time in settings.class_changes) >= CLASSES_A_MONTH:
        raise AwsError(
            "LimitExceededException",
            f"Subscriber limit exceeded: Updates to TableClass are limited to {CLASSES_A_MONTH} times in 30 day(s).",
        )
    if "SSESpecification" in request:
        _check_encryptions(settings.encryption_changes, now)
    if request.get("BillingMode") == PER_REQUEST and settings.billing_mode != PER_REQUEST:
        recent = [time for time in settings.on_demand_switches if now - time < DAY]
        if len(recent) >= SWITCHES_A_DAY:  # "Considerations when switching capacity modes" of the developer guide
            last, following = (
                f"{from_timestamp(time):%a %b %d %H:%M:%S UTC %Y}" for time in (recent[-1], recent[0] + DAY)
            )
            raise AwsError(
                "LimitExceededException",
                f"Subscriber limit exceeded: Update to PayPerRequest mode are limited to {SWITCHES_A_DAY} times in 1 day(s). "
                f"Last update at {last}. Next update can be made at {following}",
            )  # a guess after what was answered when it was once a day


def _check_encryptions(changes: tuple[float, ...], now: float) -> None:
    recent = [time for time in changes if now - time < DAY]
    if len(recent) < ENCRYPTIONS_A_DAY or now - recent[-1] >= 21600:
        return
    raise AwsError(
        "LimitExceededException",
        f"Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at {iso(recent[0] + DAY)}. "
        "After the first 4 change, each subsequent change in the same window can be performed at most once every 21600 seconds. "
        f"Number of updates today: {len(recent)}. Last change at {iso(recent[-1])}. Next changes can be made at "
        f"{iso(min(recent[-1] + 21600, recent[0] + DAY))}.",
    )
