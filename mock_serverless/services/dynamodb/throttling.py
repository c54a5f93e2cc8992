"""Throughput enforced, in virtual time: only with ``mock_cloud(throttle=True)``.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html: capacity that isn't used is kept
for 300 seconds. So a provisioned table, and each of its global indexes, has a bucket of tokens for reads and one for writes;
they begin full. A request that costs more than a whole bucket needs a full one, and leaves it in debt (as this fake has it; how
DynamoDB lends is not documented). An on-demand table is limited only where a maximum has been set, with a burst of a second (a
guess). A write needs the capacity of all the indexes that it changes: one that lacks it holds the table back. Partitions have no
limits.

Words: the API reference's (TransactWriteItems), and "Diagnosing throttling" of the developer guide.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import service_model

from .buckets import Bucket
from .capacity import change_units, read_units, write_units

if TYPE_CHECKING:
    from collections.abc import Callable

    from .store import Record
    from .table import Table
    from .values import Item

READ, WRITE = "Read", "Write"
BURST = 300.0
ON_DEMAND_BURST = 1.0
OF_TABLE = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with "
    "the UpdateTable API."
)
OF_INDEX = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider "
    "increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API"
)
ON_DEMAND = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
REASONS = {
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
}
"""Codes of CancellationReasons."""


def admit(table: Table, kind: str, of_table: float, of_indexes: dict[str, float] | None = None) -> None:
    """Take the units of a read or write; AwsError, and nothing taken, where they aren't there."""
    buckets = table.buckets
    if buckets is None:
        return
    now = table.scope.timestamp()
    demands = {"": of_table}
    for name, units in (of_indexes or {}).items():
        name = name if name in table.index_settings else ""  # local indexes share their table's
        demands[name] = demands.get(name, 0.0) + units
    left: dict[Bucket, float] = {}
    for name, units in demands.items():
        limit = _limit(table, name, kind)
        if limit is None or not units:
            continue
        rate, burst = limit
        level = buckets.level((name, kind), rate, burst, now)
        if level < min(units, rate * burst):
            raise _exceeded(table, name, kind)
        left[name, kind] = level - units
    for bucket, tokens in left.items():
        buckets.set(bucket, tokens, now)


def admit_read(table: Table, size: int, consistent: bool) -> None:
    """Take what reading an item costs."""
    admit(table, READ, read_units(size, consistent))


def admit_write(
    table: Table, old: Record | None, new: Record | None, condition: Callable[[Item], bool] | None = None
) -> None:
    """Take what a write costs; one whose condition fails costs what it has found."""
    if condition is None or not admit_failure(table, old, condition):
        admit(table, WRITE, *change_units(table, old, new))


def admit_failure(table: Table, old: Record | None, condition: Callable[[Item], bool]) -> bool:
    """Take what a write costs whose condition fails; False when it doesn't fail."""
    if condition({} if old is None else old[0]):
        return False
    admit(table, WRITE, write_units(0 if old is None else old[1]))
    return True


def refusal(function: Callable[..., Any], *args: Any) -> AwsError | None:
    """The refusal for want of throughput with which a function of these ends, if it does."""
    try:
        function(*args)
    except AwsError as error:
        if error.code in REASONS:
            return error
        raise
    return None


def cancellation(error: AwsError) -> dict[str, Any]:
    """The CancellationReason of a refusal for want of throughput."""
    return {"Code": REASONS[error.code], "Message": error.message}


def _limit(table: Table, index: str, kind: str) -> tuple[float, float] | None:
    """Tokens in a second, and seconds of burst; None: as much as is wanted."""
    own = table.index_settings[index] if index else table.settings
    throughput = own.throughput
    units = throughput.read if kind == READ else throughput.write
    if units:
        return float(units), BURST
    most = (own.on_demand or {}).get(f"Max{kind}RequestUnits")
    return None if most is None else (float(most), ON_DEMAND_BURST)


def _exceeded(table: Table, index: str, kind: str) -> AwsError:
    own = table.index_settings[index] if index else table.settings
    provisioned = bool(own.throughput.read)
    code = "ProvisionedThroughputExceededException" if provisioned else "ThrottlingException"
    limit = "ProvisionedThroughputExceeded" if provisioned else "MaxOnDemandThroughputExceeded"
    message = ON_DEMAND if not provisioned else OF_INDEX if index else OF_TABLE
    member = _reasons_member(code)
    reason = {
        "reason": f"{'Index' if index else 'Table'}{kind}{limit}",
        "resource": f"{table.arn}/index/{index}" if index else table.arn,
    }
    return AwsError(code, message, 400, **({member: [reason]} if member else {}))


@cache
def _reasons_member(code: str) -> str:
    """The member in which newer models of botocore's tell why; nothing in older ones."""
    model = service_model("dynamodb")
    members = model.shape_for(code).members if code in model.shape_names else {}
    return next((name for name in members if name.lower() == "throttlingreasons"), "")
