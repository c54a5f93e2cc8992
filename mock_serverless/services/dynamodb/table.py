"""A table: its definition, its items, and the one function through which every write goes.

:meth:`Table.write` takes the new image of an item (None: delete) and makes everything follow from it: the store with its indexes
and sizes, the journal, the streams' readers, the expiry of items. An operation can't forget one of these.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mock_serverless.core.scope import Scope

from .buckets import Buckets
from .changes import TTL_SERVICE, Journal
from .images import Image, Record, item_of, pack, same, unpack
from .schema import IndexDefinition, Key, KeySchema, PrimaryKey
from .settings import IndexSettings, Protection, Settings, VectorSettings
from .sizes import size_of
from .store import Store
from .values import Item, refuse
from .vector_indexes import VectorDefinition
from .versions import Versioned

if TYPE_CHECKING:
    from .contributor_insights import Insights
    from .kinesis_destinations import Destination
    from .recovery import Recovery
    from .replication import Membership
    from .restores import Origin
    from .streams import Stream

MAX_ITEM = 400 * 1024
ITEM_TOO_LARGE = "Item size has exceeded the maximum allowed size"
UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"

FOLLOWERS: dict[str, Callable[[Table, int], None]] = {}
"""What may follow from a change, by name: functions of the table and the change's number in its journal."""


def follower(name: str) -> Callable[[Callable[[Table, int], None]], Callable[[Table, int], None]]:
    """Register what follows from a change in the tables whose ``followers`` have this name."""

    def register(function: Callable[[Table, int], None]) -> Callable[[Table, int], None]:
        FOLLOWERS[name] = function
        return function

    return register


FIVE_YEARS = 5 * 365 * 24 * 3600.0


def sized(item: Item, too_large: str = ITEM_TOO_LARGE) -> Record:
    """A normalised item with its size, which has a limit."""
    size = size_of(item)
    if size > MAX_ITEM:
        raise refuse(too_large)
    return item, size


@dataclass(slots=True)
class Expiry:
    """Time to live: the attribute, when it was last changed, and what is to expire as a heap of (time, order, key)."""

    attribute: str | None = None
    changed: float | None = None
    heap: list[tuple[float, int, Key]] = field(default_factory=list)
    pushed: int = 0
    alarm: tuple[float, int] | None = None  # when the next look is due, and its number on the agenda
    lag: float = 0.0  # how many seconds after its time an item goes
    status: str = ""  # ENABLING or DISABLING, while that takes time

    def __deepcopy__(self, memo: dict[int, Any]) -> Expiry:
        return replace(self, heap=self.heap.copy())


class Table:
    """One table."""

    def __init__(
        self, scope: Scope, name: str, table_id: str, key: KeySchema, attributes: dict[str, str], settings: Settings
    ) -> None:
        self.scope = scope
        self.name = name
        self.id = table_id
        self.arn = f"arn:{scope.partition}:dynamodb:{scope.region}:{scope.account}:table/{name}"
        self.created = scope.timestamp()
        self.status = "ACTIVE"
        self.jobs: dict[str, str] = {}  # what keeps it UPDATING, and how refusals name that; replaced, not changed
        self.key = PrimaryKey(key)
        self.attributes = attributes
        self.indexes: dict[str, IndexDefinition] = {}
        self.index_settings: dict[str, IndexSettings] = {}
        self.checks: tuple[IndexDefinition, ...] = ()
        self.index_attributes: frozenset[str] = frozenset()
        self.vectors: dict[str, VectorDefinition] = {}  # replaced, never changed in place
        self.vector_settings: dict[str, VectorSettings] = {}
        self.settings = settings
        self.protection: Protection | None = None  # replaced, never changed; see encryption.py
        self.locked: tuple[str, str] | None = None
        """KMS's code and message while items can't be read for want of the key."""
        self.items = Versioned(Store(self.key))
        self.journal = Journal()
        self.stream: Stream | None = None
        self.latest_stream: Stream | None = None
        self.expiry = Expiry()
        self.buckets = Buckets() if scope.cloud.throttle else None
        self.followers: tuple[str, ...] = ()
        """Names of what follows from a change, see :func:`follower`. Who is among them also needs the journal: ``keep``."""
        self.lag = 0.0
        self.recovery: Recovery | None = None
        self.origin: Origin | None = None
        """What it was restored from."""
        self.membership: Membership | None = None
        """The table's part in a global table (replication.py)."""
        self.replication_mode: str | None = None
        """What a table that is no replica says of the replication of its settings (GlobalTableSettingsReplicationMode)."""
        self.destinations: dict[str, Destination] = {}  # replaced, never changed in place, as the next two
        self.insights: dict[str | None, Insights] = {}
        self.scaling: dict[tuple[str | None, str], dict[str, Any]] = {}
        self._past: tuple[int, int, Versioned] | None = None
        if lag := scope.state().read_lag:
            self.read_late(lag)

    def __deepcopy__(self, memo: dict[int, Any]) -> Table:
        """For snapshots: only what changes is copied, the items not at all (versions.py)."""
        twin: Table = object.__new__(Table)
        memo[id(self)] = twin
        twin.__dict__.update(self.__dict__)
        twin.indexes = self.indexes.copy()
        parts = (
            "settings",
            "index_settings",
            "vector_settings",
            "items",
            "journal",
            "stream",
            "latest_stream",
            "expiry",
            "membership",
            "buckets",
        )
        for name in parts:
            setattr(twin, name, deepcopy(getattr(self, name), memo))
        twin._past = None
        return twin

    def as_it_is(self) -> Table:
        """The table at this moment, for a backup: without its past and its streams, in no time (versions.py)."""
        twin: Table = object.__new__(Table)
        twin.__dict__.update(self.__dict__)
        twin.indexes = self.indexes.copy()
        for name in ("settings", "index_settings", "vector_settings", "items"):
            setattr(twin, name, deepcopy(getattr(self, name)))
        twin.journal, twin.expiry = Journal(), Expiry()
        twin.stream = twin.latest_stream = twin.recovery = twin.origin = twin._past = twin.membership = None
        twin.destinations, twin.insights, twin.scaling, twin.replication_mode = {}, {}, {}, None
        twin.followers = ()
        return twin

    @property
    def restoring(self) -> bool:
        """Whether it is being restored."""
        return self.origin is not None and self.status == "CREATING"

    @property
    def adding(self) -> bool:
        """Whether it is a replica that is being made."""
        return self.membership is not None and self.status == "CREATING"

    # ------------------------------------------------------------------ indexes

    def add_index(self, definition: IndexDefinition, settings: IndexSettings | None) -> None:
        """Add an index, with the items that have its key already."""
        self.define_index(definition, settings)
        self.items.set_index(definition.name, self.items.store.built_index(definition))

    def define_index(self, definition: IndexDefinition, settings: IndexSettings | None) -> None:
        """The store has the index: now the table has it."""
        self.indexes[definition.name] = definition
        self._past = None
        self._order_checks()
        if settings is not None:
            self.index_settings[definition.name] = settings

    def drop_index(self, name: str) -> None:
        """Take an index away."""
        del self.indexes[name]
        self._past = None
        self._order_checks()
        self.index_settings.pop(name, None)
        self.insights = {index: insights for index, insights in self.insights.items() if index != name}
        self.items.set_index(name, None)

    def add_vectors(self, definition: VectorDefinition, settings: VectorSettings) -> None:
        """Add a vector index, with the items that fit into it already."""
        self.define_vectors(definition, settings)
        self.items.set_vectors(definition.name, self.items.store.built_vectors(definition))

    def define_vectors(self, definition: VectorDefinition, settings: VectorSettings) -> None:
        """The store has the vector index: now the table has it."""
        self.vectors = {**self.vectors, definition.name: definition}
        self.vector_settings[definition.name] = settings

    def drop_vectors(self, name: str) -> None:
        """Take a vector index away."""
        self.vectors = {other: definition for other, definition in self.vectors.items() if other != name}
        self.vector_settings.pop(name, None)
        self.items.set_vectors(name, None)

    def progress_of(self, index: str) -> IndexSettings | VectorSettings | None:
        """How it stands with a global or a vector index."""
        return self.index_settings.get(index) or self.vector_settings.get(index)

    @property
    def progress(self) -> dict[str, IndexSettings | VectorSettings]:
        """How it stands with all its global and vector indexes."""
        return {**self.index_settings, **self.vector_settings}

    def billed(self, record: Record) -> int:
        """The size of an item to be written: its vectors count as 32-bit floats (parity suite)."""
        item, size = record
        fitting = {d.attribute: d for d in self.vectors.values() if d.vector_of(item) is not None}
        return size - sum(d.saved_in(item) for d in fitting.values())

    def check_vectors(self, item: Item, touched: tuple[str, ...] | None = None) -> None:
        """Refuse an item which a vector index can't take; see :meth:`VectorDefinition.check`."""
        for definition in self.vectors.values():
            definition.check(item, touched)

    def _order_checks(self) -> None:
        """Indexes in the order in which the service checks an item against them: global before local, the last first."""
        self.checks = (*reversed(self.global_indexes), *reversed(self.local_indexes))
        self.index_attributes = frozenset(name for d in self.checks for name in d.key.names) - set(self.key.names)

    @property
    def is_busy(self) -> bool:
        """Whether something goes on in it that its status doesn't tell of."""
        settings = self.settings
        return settings.warm_status != "ACTIVE" or (settings.encryption or {}).get("Status") == "UPDATING"

    @property
    def local_indexes(self) -> list[IndexDefinition]:
        """In the order of their definition."""
        return [d for d in self.indexes.values() if not d.is_global]

    @property
    def global_indexes(self) -> list[IndexDefinition]:
        """In the order of their definition."""
        return [d for d in self.indexes.values() if d.is_global]

    # ------------------------------------------------------------------ items

    def get(self, key: Key, consistent: bool = True) -> Record | None:
        """A fresh copy of an item, with its size."""
        image = (self.items.store if consistent else self.seen()).items.get(key)
        return None if image is None else unpack(image)

    def seen(self) -> Store:
        """The items as a read that isn't consistent sees them: :meth:`at` some seconds ago, if there is a lag."""
        return self.at(self.scope.timestamp() - self.lag) if self.lag else self.items.store

    def read_late(self, seconds: float) -> None:
        """Have reads that aren't consistent see the items of so many seconds ago."""
        self.lag = seconds
        self.keep("lag", seconds or None)

    def write(self, key: Key, record: Record | None, by: str | None = None) -> None:
        """Put an item under its key (None: delete it). ``by`` names a service which does it on its own."""
        if self.membership is not None and by is None:
            self.membership.admit(self, key)
        image = None if record is None else pack(record)
        old = self.items.replace(key, image, record)
        if self.expiry.attribute is not None and record is not None and self.expiry.status != "ENABLING":
            self._note_expiry(key, record[0])
        if self.journal.noting and not same(old, image):
            self._note_change(old, image, by)

    def _note_change(self, old: Image | None, new: Image | None, by: str | None) -> None:
        self._past = None
        number = self.journal.append(self.scope.timestamp(), old, new, by)
        if self.stream is not None:
            self.scope.notify(self.stream.arn)
        for name in self.followers:
            FOLLOWERS[name](self, number)

    # ------------------------------------------------------------------ looking back

    def keep(self, need: str, seconds: float | None) -> None:
        """Have the journal reach back so many seconds from now on, for ``need``; None: no longer for it. See changes.py."""
        self._past = None
        self.journal.keep(need, seconds, self.scope.timestamp())

    def at(self, time: float) -> Store:
        """The items as they were at a time, what was written at that very time included.

        To be read at once: the next look at ``items`` brings the store back to now. The journal must reach back so far. Costs
        what has changed since.
        """
        first, end = self.journal.number_after(time), self.journal.next_number
        if first == end:
            return self.items.store
        if self._past is None or self._past[:2] != (first, end):
            past = deepcopy(self.items)
            for change in self.journal.back_to(first):
                image = change.after if change.before is None else change.before
                assert image is not None
                past.replace(self.key.within(item_of(image)), change.before)
            self._past = (first, end, past)
        return self._past[2].store

    # ------------------------------------------------------------------ time to live

    def expire_by(self, attribute: str | None) -> None:
        """Have items expire by an attribute from now on; None: not at all."""
        self.expiry.attribute = attribute
        self.expiry.heap = []
        if attribute is not None:
            for key, image in self.items.store.items.items():
                self._note_expiry(key, item_of(image))

    def _note_expiry(self, key: Key, item: Item) -> None:
        expiry = self.expiry
        time = self.expiry_of(item)
        if time is None:
            return
        expiry.pushed += 1
        heapq.heappush(expiry.heap, (time, expiry.pushed, key))
        if len(expiry.heap) > 1000 and len(expiry.heap) > 4 * len(self.items.store.items):
            self.expire_by(expiry.attribute)
            return
        if expiry.alarm is None or time + expiry.lag < expiry.alarm[0]:
            self.set_alarm()

    def expiry_of(self, item: Item) -> float | None:
        """When an item expires; None when it doesn't: no number there, or one more than five years past."""
        value = item.get(self.expiry.attribute or "")
        if value is None or "N" not in value:
            return None
        time = float(value["N"])
        return time if self.scope.timestamp() - FIVE_YEARS <= time < 1e12 else None

    def set_alarm(self) -> None:
        """Look again when the next item's time, and the lag, have passed."""
        expiry = self.expiry
        if expiry.alarm is not None:
            self.scope.cancel(expiry.alarm[1])
        expiry.alarm = None
        if expiry.heap:
            time = expiry.heap[0][0] + expiry.lag
            number = self.scope.at(
                max(time, self.scope.timestamp()), "dynamodb:expire", background=True, table=self.name, table_id=self.id
            )
            expiry.alarm = (time, number)

    def expire_due(self) -> None:
        """Delete the items whose time has passed."""
        expiry = self.expiry
        now = self.scope.timestamp() - expiry.lag
        heap = expiry.heap
        expiry.alarm = None
        while heap and heap[0][0] <= now:
            _, _, key = heapq.heappop(heap)
            record = self.get(key)
            time = None if record is None else self.expiry_of(record[0])
            if time is not None and time <= now and (self.membership is None or self.membership.expires(self)):
                self.write(key, None, by=TTL_SERVICE)
        if expiry.alarm is None:
            self.set_alarm()
