"""What can be set of a table and of its indexes beside keys and definitions, as describe_table shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(slots=True)
class Throughput:
    """Provisioned throughput of a table or index, as describe_table shows it; zeros when it is paid per request."""

    read: int = 0
    write: int = 0
    decreases: int = 0
    last_increase: float | None = None
    last_decrease: float | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Throughput:
        return replace(self)


@dataclass(slots=True)
class IndexSettings:
    """What an index has beside its definition."""

    throughput: Throughput
    warm: dict[str, int]  # the most that there has been: it never goes down
    on_demand: dict[str, int] | None = None
    warm_given: bool = False
    warm_status: str = "ACTIVE"
    status: str = "ACTIVE"
    backfilling: bool = False
    added: bool = False  # by update_table: only then describe_table tells of its backfilling

    def __deepcopy__(self, memo: dict[int, Any]) -> IndexSettings:
        return replace(self, throughput=replace(self.throughput))


@dataclass(slots=True)
class VectorSettings:
    """What a vector index has beside its definition."""

    status: str = "ACTIVE"
    backfilling: bool = False
    added: bool = False  # by update_table, as of IndexSettings

    def __deepcopy__(self, memo: dict[int, Any]) -> VectorSettings:
        return replace(self)


@dataclass(slots=True)
class Settings:
    """What can be set of a table beside its keys and indexes."""

    billing_mode: str
    throughput: Throughput
    warm: dict[str, int]  # the most that there has been: it never goes down
    warm_given: bool = False
    warm_status: str = "ACTIVE"
    paid_per_request_since: float | None = None
    on_demand: dict[str, int] | None = None
    on_demand_switches: tuple[float, ...] = ()
    class_changes: tuple[float, ...] = ()
    encryption_changes: tuple[float, ...] = ()
    protection_changed: float | None = None
    table_class: str | None = None
    table_class_since: float | None = None
    deletion_protection: bool = False
    encryption: dict[str, Any] | None = None
    tags: dict[str, str] = field(default_factory=dict)  # replaced, never changed in place, as all the dicts here

    def __deepcopy__(self, memo: dict[int, Any]) -> Settings:
        return replace(self, throughput=replace(self.throughput))


@dataclass(frozen=True, slots=True)
class Protection:
    """A table's key of KMS, and the grants of it; since when it can't be used, and since when the table shows that."""

    key: str
    grants: tuple[str, ...]
    lost: float | None = None
    inaccessible: float | None = None
