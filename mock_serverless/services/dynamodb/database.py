"""DynamoDB in one account and region: tables by name, streams by ARN, what transactions remember."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.arns import Arn
from mock_serverless.core.constraints import validation_error, violation
from mock_serverless.core.errors import AwsError, ServedElsewhere
from mock_serverless.core.scope import Scope

from .changes import STREAM_RETENTION
from .encryption import check_unlocked
from .front_end import faults_of
from .latency import Latency
from .policies import FOR_OTHERS, OWNERS_ONLY, Policy, authorise
from .replication import Globe
from .streams import Stream
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .backups import Backup
    from .bulk_operations import BulkOperation
    from .exports import Export
    from .imports import Import

NOT_FOUND = "Requested resource not found"


class Database:
    """The state of the service."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.tables: dict[str, Table] = {}
        self.streams: dict[str, Stream] = {}
        self.transactions: dict[str, tuple[float, Any, Any]] = {}  # token -> until when, request, what to read again
        self.encryption_key: str | None = None
        self.backups: dict[str, Backup] = {}
        self.exports: dict[str, Export] = {}
        self.imports: dict[str, Import] = {}
        self.bulk_operations: dict[str, BulkOperation] = {}
        self._latency = Latency()
        self._read_lag = 0.0
        self._ttl_lag = 0.0
        self.policies: dict[str, Policy] = {}  # by ARN; replaced, never changed in place
        self.globe = Globe()
        self.held: frozenset[tuple[str, Any]] = frozenset()  # items on which transactions are under way: see conflicts
        self.tokens_in_progress: frozenset[str] = frozenset()

    def __deepcopy__(self, memo: dict[int, Any]) -> Database:
        copy = memo[id(self)] = Database(self.scope)
        copy.tables = deepcopy(self.tables, memo)
        copy.streams = deepcopy(self.streams, memo)
        copy.transactions = self.transactions.copy()
        copy.encryption_key = self.encryption_key
        copy.backups = self.backups.copy()  # a backup is replaced, never changed
        copy.exports = self.exports.copy()  # an export is replaced, never changed; an import likewise
        copy.imports = self.imports.copy()
        copy.bulk_operations = self.bulk_operations.copy()  # likewise
        copy._latency = deepcopy(self._latency, memo)
        copy._read_lag = self._read_lag
        copy._ttl_lag = self._ttl_lag
        copy.policies = self.policies
        copy.globe = deepcopy(self.globe, memo)
        copy.held, copy.tokens_in_progress = self.held, self.tokens_in_progress
        return copy

    @property
    def _home(self) -> Database:
        """Where the settings of the whole cloud are: in its own account and region."""
        cloud = self.scope.cloud
        home: Database = self.scope.state(account=cloud.account, region=cloud.region)
        return home

    @property
    def latency(self) -> Latency:
        """How long things take; one setting for the whole cloud."""
        return self._home._latency

    @property
    def read_lag(self) -> float:
        """How many seconds late reads are that aren't consistent; one setting for the whole cloud."""
        return self._home._read_lag

    @read_lag.setter
    def read_lag(self, seconds: float) -> None:
        self._home._read_lag = seconds
        for state in self.scope.cloud.states_of("dynamodb"):
            for table in state.tables.values():
                table.read_late(seconds)

    @property
    def ttl_lag(self) -> float:
        """How many seconds after their time items go; one setting for the whole cloud."""
        return self._home._ttl_lag

    @ttl_lag.setter
    def ttl_lag(self, seconds: float) -> None:
        self._home._ttl_lag = seconds
        for state in self.scope.cloud.states_of("dynamodb"):
            for table in state.tables.values():
                table.expiry.lag = seconds
                table.set_alarm()

    # ------------------------------------------------------------------ tables

    def table(self, name: str, action: str | None = None, index: str | None = None) -> Table:
        """A table by name or ARN, for an operation on items.

        Where policies are there, they are asked about the ``action`` (the operation's name unless one is given), on an ``index``
        if the request doesn't name it.
        """
        table = self.tables.get(name)
        if table is None:
            table = self._far_table(name, action)
        elif self.policies:
            authorise(self, table.arn, action, index)
        if table is None or table.status == "CREATING":
            raise AwsError("ResourceNotFoundException", NOT_FOUND)
        if table.locked is not None:
            check_unlocked(self, table)
        return table

    def _far_table(self, name: str, action: str | None) -> Table | None:
        """A table that isn't known by its plain name here."""
        owner = self._owner(name)
        plain = owner.name_of(name)
        if owner.policies or owner._is_foreign():
            authorise(owner, owner.arn_of(plain), action)
        return owner.tables.get(plain)

    def named_table(self, name: str, restoring: bool = False) -> Table:
        """A table by name or ARN, for an operation on tables: the refusal names it.

        A table that is being restored, or made as a replica, can only be described and deleted (the latter not at all), for the
        rest it isn't there yet. Measured: ack-api-quirks, DDB-TABLE-298.
        """
        self._owner(name)
        plain = self.name_of(name)
        table = self.tables.get(plain)
        if self.policies or self._is_foreign():
            authorise(self, self.arn_of(plain))
        if table is None or ((table.restoring or table.adding) and not restoring):
            raise AwsError("ResourceNotFoundException", f"{NOT_FOUND}: Table: {plain} not found")
        return table

    # ------------------------------------------------------------------ whose tables they are

    def arn_of(self, name: str) -> str:
        """The ARN of a table's name."""
        scope = self.scope
        return f"arn:{scope.partition}:dynamodb:{scope.region}:{scope.account}:table/{name}"

    def _is_foreign(self) -> bool:
        """Whether the call that is being served comes from another account."""
        call = self.scope.cloud.serving
        return call is not None and call.account != self.scope.account

    def _owner(self, name: str) -> Database:
        """The database which a table's name or ARN leads to: another account's, if policies let the call in.

        A call that is about this one table goes on there.
        """
        if not name.startswith("arn:"):
            return self
        arn = Arn.parse(name)
        if (
            arn is None
            or arn.account == self.scope.account
            or (arn.region, arn.service) != (self.scope.region, "dynamodb")
        ):
            return self
        owner: Database = self.scope.state(account=arn.account)
        call = self.scope.cloud.serving
        if call is not None and call.account != owner.scope.account and call.operation not in FOR_OTHERS:
            raise refuse(OWNERS_ONLY)  # measured for policies and recovery, that it is so for all: a guess
        if call is not None and call.params.get("TableName") == name:
            raise ServedElsewhere(owner)
        return owner

    def checked_name(self, name: str) -> str:
        """A table's name out of its name or ARN, for an operation on tables (which words a wrong length in its own way)."""
        if not name.startswith("arn:") and not 3 <= len(name) <= 255:
            raise refuse("TableName must be at least 3 characters long and at most 255 characters long")
        return self.name_of(name)

    def name_of(self, name: str) -> str:
        """A table's name out of its name or ARN, checked."""
        if name.startswith("arn:"):
            return self._name_in(name)
        check_name(name, "tableName")
        return name

    def _name_in(self, text: str) -> str:
        """Of an ARN. Words as measured on the service, but for the guess."""
        arn = Arn.parse(text)
        if arn is None or arn.service != "dynamodb" or not arn.resource.startswith("table/"):
            raise refuse(f"Invalid table/index name or ARN: {text}")  # a guess
        if arn.partition != self.scope.partition:
            raise refuse(f"1 validation error detected: Invalid AWS partition in '{text}'")
        if arn.region != self.scope.region:
            raise refuse(f"1 validation error detected: Invalid AWS region in '{text}'")
        name = arn.resource.partition("/")[2]
        if "/" in name:
            raise refuse(f"1 validation error detected: Invalid resource type in '{text}'")
        if arn.account != self.scope.account:
            self._owner(text)
            raise AwsError("AccessDeniedException", "Access is denied")
        check_name(name, "tableName")
        return name

    # ------------------------------------------------------------------ streams

    def live_streams(self) -> Iterator[Stream]:
        """All that can still be read."""
        return (stream for stream in self.streams.values() if not self.is_gone(stream))

    def owner_of_stream(self, arn: str) -> Database:
        """The database in which a stream's ARN is looked up; policies of streams are asked about the call."""
        parsed = Arn.parse(arn)
        foreign = parsed is not None and parsed.region == self.scope.region and parsed.account != self.scope.account
        owner: Database = self.scope.state(account=parsed.account) if parsed is not None and foreign else self
        if owner.policies or foreign:
            authorise(owner, arn)
        return owner

    def is_gone(self, stream: Stream) -> bool:
        """A disabled stream is gone a day later."""
        return stream.closed is not None and self.scope.timestamp() - stream.closed > STREAM_RETENTION


def check_name(name: str, path: str) -> None:
    """The constraints of a table's or index's name, in the front end's words."""
    found = [violation(name, path, text) for text in faults_of(name)]
    if found:
        raise validation_error(found)


@job("dynamodb:expire")
def expire(scope: Scope, table: str, table_id: str) -> None:
    """Time to live: delete what has expired by now."""
    found = scope.state().tables.get(table)
    if found is not None and found.id == table_id:
        found.expire_due()
