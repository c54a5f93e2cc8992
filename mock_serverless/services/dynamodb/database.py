"""DynamoDB in one account and region: tables by name, streams by ARN, what transactions remember."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.arns import Arn
from mock_serverless.core.constraints import validation_error, violation
from mock_serverless.core.errors import AwsError
from mock_serverless.core.scope import Scope

from .changes import STREAM_RETENTION
from .latency import Latency
from .streams import Stream
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .backups import Backup

NAME_PATTERN = "[a-zA-Z0-9_.-]+"
_NAME = re.compile(NAME_PATTERN)
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
        self._latency = Latency()
        self._read_lag = 0.0

    def __deepcopy__(self, memo: dict[int, Any]) -> Database:
        copy = memo[id(self)] = Database(self.scope)
        copy.tables = deepcopy(self.tables, memo)
        copy.streams = deepcopy(self.streams, memo)
        copy.transactions = self.transactions.copy()
        copy.encryption_key = self.encryption_key
        copy.backups = self.backups.copy()  # a backup is replaced, never changed
        copy._latency = deepcopy(self._latency, memo)
        copy._read_lag = self._read_lag
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

    # ------------------------------------------------------------------ tables

    def table(self, name: str) -> Table:
        """A table by name or ARN, for an operation on items."""
        table = self.tables.get(name)
        if table is None:
            table = self.tables.get(self.name_of(name))
        if table is None or table.status == "CREATING":
            raise AwsError("ResourceNotFoundException", NOT_FOUND)
        return table

    def named_table(self, name: str, restoring: bool = False) -> Table:
        """A table by name or ARN, for an operation on tables: the refusal names it.

        A table that is being restored can only be described and deleted, for the rest it isn't there yet (measured).
        """
        plain = self.name_of(name)
        table = self.tables.get(plain)
        if table is None or (table.restoring and not restoring):
            raise AwsError("ResourceNotFoundException", f"{NOT_FOUND}: Table: {plain} not found")
        return table

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
        arn = Arn.parse(text)
        kind, _, name = arn.resource.partition("/") if arn is not None else ("", "", "")
        if arn is None or arn.service != "dynamodb" or kind != "table" or not _NAME.fullmatch(name):
            raise refuse(f"Invalid table/index name or ARN: {text}")  # the wording is a guess
        if (arn.account, arn.region) != (self.scope.account, self.scope.region):
            # another account's table needs a resource policy, which can't be put yet: nobody is let in
            raise AwsError(
                "AccessDeniedException",
                f"User: arn:{self.scope.partition}:iam::{self.scope.account}:root is not authorized to access resource: "
                f"{text} because no resource-based policy allows the action",
            )  # the wording is a guess
        return name

    # ------------------------------------------------------------------ streams

    def live_streams(self) -> Iterator[Stream]:
        """All that can still be read."""
        return (stream for stream in self.streams.values() if not self.is_gone(stream))

    def is_gone(self, stream: Stream) -> bool:
        """A disabled stream is gone a day later."""
        return stream.closed is not None and self.scope.timestamp() - stream.closed > STREAM_RETENTION


def check_name(name: str, path: str) -> None:
    """The constraints of a table's or index's name, in the front end's words."""
    found = []
    if not _NAME.fullmatch(name):  # recorded wording
        found.append(violation(name, path, f"Member must satisfy regular expression pattern: {NAME_PATTERN}"))
    if len(name) < 3:
        found.append(violation(name, path, "Member must have length greater than or equal to 3"))
    if len(name) > 255:
        found.append(violation(name, path, "Member must have length less than or equal to 255"))
    if found:
        raise validation_error(found)


@job("dynamodb:expire")
def expire(scope: Scope, table: str, table_id: str) -> None:
    """Time to live: delete what has expired by now."""
    found = scope.state().tables.get(table)
    if found is not None and found.id == table_id:
        found.expire_due()
