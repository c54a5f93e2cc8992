"""Replication between the tables of a global table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html. Every replica is an
ordinary table of its region. What a caller (or time to live) writes to one of them is a change in its journal; each of
the others has a place in that journal, ``Peer.next``, up to which it has got the changes. A change is written to a peer
when the lag has passed (``cloud.dynamodb.replication_lag``, 0 unless set: at the end of the call), through Table.write
as any other, so that streams and indexes follow. Replicated changes are marked (``by``) and never sent on: all replicas
send to all.

The last writer wins: callers' writes are numbered through the whole cloud; the number of an item's last write travels
with the change, and a replica that has a later one ignores it. A deletion is a write as any other. The numbers are
forgotten when nothing is on its way.

In a table with multi-Region strong consistency the change is written to the peers inside the call (consistency.py).
``cloud.dynamodb.isolate(region)`` keeps what a region writes from leaving it and that of others from arriving;
afterwards it is delivered as if it were written then, conflicts decided by when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.errors import AwsError
from mock_serverless.core.scope import Scope

from .changes import Change
from .images import Record, unpack
from .schema import Key
from .sizes import size_of
from .states import found
from .table import Table, follower
from .values import Item, refuse

if TYPE_CHECKING:
    from .database import Database

CURRENT, LEGACY = "2019.11.21", "2017.11.29"
REPLICATION = "replication"
"""``by`` of what arrives from another replica. Stream records don't tell it: of a deletion by time to live, userIdentity is in
the region where it was made only (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html)."""
CONFLICT = (
    "The request was rejected because one or more items in the request are being modified by a request in another "
    "Region."
)
"""The API reference's words for ReplicatedWriteConflictException."""
INSTANT = 1e-6
"""Differences of times below this are those of floating point."""


@dataclass(slots=True)
class Peer:
    """Another replica, as a table sees it."""

    account: str
    region: str
    status: str = "ACTIVE"
    next: int = 1
    """The number of our first change which it hasn't got."""
    alarmed: bool = False
    """A delivery is on the agenda."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Peer:
        return replace(self)


@dataclass(slots=True)
class Membership:
    """A table's part in a global table: who the others are, in the order in which they came, and what they have got."""

    group: str
    version: str = CURRENT
    mode: str = "ENABLED_WITH_OVERRIDES"
    """How settings are replicated; ENABLED between replicas of several accounts, which have no overrides."""
    rank: int = 0
    """In which order the replicas were made; the first that can be reached looks after time to live."""
    peers: dict[str, Peer] = field(default_factory=dict)
    strong: bool = False
    witness: str | None = None
    """The region of the witness, of a table with strong consistency."""
    sourced: dict[str, float] = field(default_factory=dict)
    """The regions whose replicas were made from this table, and when."""
    orders: dict[int, int] = field(default_factory=dict)
    """The numbers in the order of all writes of our own changes which are still on their way."""
    latest: dict[Key, int] = field(default_factory=dict)
    """The same of the last write of every item while something is on its way."""
    protected: bool = True
    """From being disassociated."""
    leaving: bool = False
    """It is disassociated as soon as nothing is on its way any more."""
    fresh: dict[Key, float] = field(default_factory=dict)
    """Until when an item counts as being modified from here, of a table with strong consistency."""

    def admit(self, table: Table, key: Key) -> None:
        """Whether a caller's write of an item can be made: with strong consistency another region must confirm it, and no other
        may be modifying the item. Raises AwsError."""
        if not self.strong:
            return
        self.check_quorum(table)
        now = table.scope.timestamp()
        for other in members(table):
            membership = other.membership
            if other is table or membership is None:
                continue
            while membership.fresh and next(iter(membership.fresh.values())) <= now:
                del membership.fresh[next(iter(membership.fresh))]
            if key in membership.fresh:
                raise AwsError("ReplicatedWriteConflictException", CONFLICT)

    def check_quorum(self, table: Table) -> None:
        """With strong consistency nothing can be written, and nothing read consistently, while no other region can be reached.

        Eventually consistent reads work on.
        """
        if not self.strong:
            return
        regions = [*self.peers, *([] if self.witness is None else [self.witness])]
        globe = globe_of(table.scope)
        if not any(reachable(globe, table.scope.region, region) for region in regions):
            raise AwsError("InternalServerError", "Internal server error", 500)  # a guess: AWS doesn't say which error

    def expires(self, table: Table) -> bool:
        """Whether this replica deletes what has expired: the first that was made does, the others get it from there.

        AWS doesn't say which one is first; an isolated region looks after itself.
        """
        globe = globe_of(table.scope)
        if self.version == LEGACY or table.scope.region in globe.isolated:
            return True
        others = [one for one in members(table) if one.scope.region not in globe.isolated]
        return self.rank <= min(one.membership.rank for one in others if one.membership is not None)

    def check_transaction(self) -> None:
        """ "Transaction operations are not supported" by tables with strong consistency (the wording is a guess)."""
        if self.strong:
            raise refuse("Transactions are not supported for global tables with MultiRegionConsistency set to STRONG.")

    def __deepcopy__(self, memo: dict[int, Any]) -> Membership:
        copied = {n: getattr(self, n).copy() for n in ("sourced", "orders", "latest", "fresh")}
        return replace(self, peers={region: replace(peer) for region, peer in self.peers.items()}, **copied)


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """A global table of version 2017.11.29, which is a thing of its own beside its replicas."""

    name: str
    arn: str
    group: str
    created: float
    regions: tuple[str, ...]


@dataclass(slots=True)
class Globe:
    """What holds for all global tables of a cloud; kept in the cloud's own account and region."""

    lag: float = 0.0
    isolated: frozenset[str] = frozenset()
    writes: int = 0
    legacy: dict[tuple[str, str], LegacyTable] = field(default_factory=dict)
    """Global tables of version 2017.11.29 by account and name; replaced, never changed in place."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Globe:
        return replace(self)


def globe_of(scope: Scope) -> Globe:
    """The one of a cloud."""
    home: Database = scope.state(account=scope.cloud.account, region=scope.cloud.region)
    return home.globe


def reachable(globe: Globe, one: str, other: str) -> bool:
    """Whether two regions hear of each other."""
    return one not in globe.isolated and other not in globe.isolated


def table_of(table: Table, peer: Peer) -> Table | None:
    """A peer's table, if it is (still) of the same global table."""
    db: Database = table.scope.state(account=peer.account, region=peer.region)
    there = db.tables.get(table.name)
    ours, theirs = table.membership, None if there is None else there.membership
    return there if ours is not None and theirs is not None and theirs.group == ours.group else None


def members(table: Table) -> Iterator[Table]:
    """A table and the others of its global table."""
    yield table
    assert table.membership is not None
    for peer in table.membership.peers.values():
        there = table_of(table, peer)
        if there is not None:
            yield there


def join(table: Table, membership: Membership) -> None:
    """Make a table part of a global table: from now on its changes are noted and sent."""
    table.membership = membership
    table.followers = (*table.followers, "replication")
    table.keep("replication", 0.0)


def leave(table: Table) -> None:
    """Make it an ordinary one again."""
    table.membership = None
    table.followers = tuple(name for name in table.followers if name != "replication")
    table.keep("replication", None)


def depart(table: Table) -> None:
    """A replica leaves: the others forget it, and the last one is a table as any other."""
    if table.membership is None:
        return
    for other in list(members(table)):
        theirs = other.membership
        if other is not table and theirs is not None:
            theirs.peers.pop(table.scope.region, None)
            theirs.sourced.pop(table.scope.region, None)
            if not theirs.peers and theirs.version == CURRENT:
                leave(other)
    leave(table)


# ---------------------------------------------------------------------- sending


@follower("replication")
def note(table: Table, number: int) -> None:
    """A change: number it, and have it sent when it is time."""
    membership = table.membership
    assert membership is not None
    change = table.journal.change(number)
    if change.by == REPLICATION:
        return
    globe = globe_of(table.scope)
    globe.writes += 1
    key = key_of(table, change)
    if not membership.orders:
        table.keep("replication", float("inf"))
    membership.orders[number] = membership.latest[key] = globe.writes
    if membership.version == LEGACY and change.after is not None:
        table.scope.later(0, "dynamodb:mark", table=table.name, table_id=table.id, number=number, order=globe.writes)
    if membership.strong and globe.lag:
        membership.fresh.pop(key, None)
        membership.fresh[key] = change.time + globe.lag
    for peer in membership.peers.values():
        if membership.strong:
            deliver(table, peer)
        elif not peer.alarmed and reachable(globe, table.scope.region, peer.region):
            _alarm(table, peer, change.time + globe.lag)


def key_of(table: Table, change: Change) -> Key:
    """The key of the item which a change is about."""
    image = change.after if change.before is None else change.before
    assert image is not None
    return table.key.within(unpack(image)[0])


def _alarm(table: Table, peer: Peer, due: float) -> None:
    peer.alarmed = True
    due = max(due, table.scope.timestamp())
    table.scope.at(due, "dynamodb:replicate", table=table.name, table_id=table.id, region=peer.region)


@job("dynamodb:replicate")
def replicate(scope: Scope, table: str, table_id: str, region: str) -> None:
    """The lag of a change has passed."""
    there = found(scope, table, table_id)
    peer = there.membership.peers.get(region) if there is not None and there.membership is not None else None
    if there is not None and peer is not None:
        peer.alarmed = False
        deliver(there, peer)


def deliver(table: Table, peer: Peer) -> None:
    """Write to a peer what it hasn't got and whose time has come; an isolated one gets it when it is healed."""
    membership, globe = table.membership, globe_of(table.scope)
    assert membership is not None
    there = table_of(table, peer)
    if there is None or not reachable(globe, table.scope.region, peer.region):
        return
    lag = 0.0 if membership.strong else globe.lag
    now = table.scope.timestamp()
    while peer.next < table.journal.next_number:
        (change,) = table.journal.since(peer.next, 1)
        if change.by != REPLICATION and change.number in membership.orders:
            if change.time + lag > now + INSTANT:
                _alarm(table, peer, change.time + lag)
                break
            _arrive(there, key_of(table, change), change, membership.orders[change.number], table.scope.region)
        peer.next = change.number + 1
    _forget(table)
    for one in (table, there):
        if one.membership is not None and one.membership.leaving and settled(one):
            one.membership.leaving = False
            one.scope.later(0, "dynamodb:disassociate", table=one.name, table_id=one.id)


def settled(table: Table) -> bool:
    """Whether nothing is on its way from a table to the other replicas, and from them to it."""
    assert table.membership is not None
    region = table.scope.region
    others = [one.membership for one in members(table) if one is not table and one.membership is not None]
    return not table.membership.orders and not any(
        their.orders and next(reversed(their.orders)) >= their.peers[region].next for their in others
    )


def _arrive(table: Table, key: Key, change: Change, order: int, region: str) -> None:
    """Write a change of another replica, unless a later write is here already."""
    membership = table.membership
    assert membership is not None
    if membership.latest.get(key, 0) >= order:
        return
    membership.latest[key] = order
    record = None if change.after is None else unpack(change.after)
    there = table.get(key)
    if membership.version == LEGACY:
        if record is not None:
            record = marked(record, change.time, region)
        elif there is not None:
            table.write(key, marked(there, change.time, region, deleting=True), by=REPLICATION)
    if record is not None or there is not None:
        table.write(key, record, by=REPLICATION)


def marked(record: Record, time: float, region: str, deleting: bool = False) -> Record:
    """An item with the attributes which version 2017.11.29 gives all items: when and where they were written last.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables_HowItWorks.html; the form of the values as
    users have published it. That an update which says so precedes a deletion is a guess.
    """
    marks: Item = {
        "aws:rep:deleting": {"BOOL": deleting},
        "aws:rep:updateregion": {"S": region},
        "aws:rep:updatetime": {"N": f"{time:.3f}001"},
    }
    item = {**record[0], **marks}
    return item, size_of(item)


@job("dynamodb:mark")
def mark(scope: Scope, table: str, table_id: str, number: int, order: int) -> None:
    """Version 2017.11.29 writes an item again where it was written, unless it has changed since."""
    there = found(scope, table, table_id)
    if there is None or there.membership is None:
        return
    change = there.journal.change(number)
    key = key_of(there, change)
    record = there.get(key)
    if record is not None and there.membership.latest.get(key) == order:
        there.write(key, marked(record, change.time, scope.region), by=REPLICATION)


def _forget(table: Table) -> None:
    """What all have got needs no number any more, and nothing does when nothing is on its way."""
    membership = table.membership
    assert membership is not None
    orders = membership.orders
    behind = min((peer.next for peer in membership.peers.values()), default=table.journal.next_number)
    while orders and (first := next(iter(orders))) < behind:
        del orders[first]
    if orders:
        return
    table.keep("replication", 0.0)
    everybody = list(members(table))
    if not any(one.membership.orders for one in everybody if one.membership is not None):
        for one in everybody:
            if one.membership is not None:
                one.membership.latest.clear()


# ---------------------------------------------------------------------- isolation


def set_isolated(home: Database, regions: frozenset[str]) -> None:
    """Cut regions off; those which are healed by it get and send at once what has been held back."""
    globe = home.globe
    globe.isolated = regions
    for db in home.scope.cloud.states_of("dynamodb"):
        for table in db.tables.values():
            membership = table.membership
            for peer in () if membership is None else membership.peers.values():
                waits = peer.next < table.journal.next_number and not peer.alarmed
                if waits and reachable(globe, table.scope.region, peer.region):
                    _alarm(table, peer, 0.0)
