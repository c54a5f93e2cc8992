"""Events on their way into a stream, from PutLogEvents and from what other services have written."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.agenda import job
from ...core.scope import Scope
from .store import BATCH_BIT, TIME_BIT, Event, Group, State, Stream

ARRIVED = "logs:arrived"


def ingest(state: State, group: Group, stream: Stream, lines: Iterable[tuple[int, str]], ingested: int) -> None:
    """Add lines (time in milliseconds, message) to a stream, and tell those who subscribe to its group."""
    from .subscriptions import deliver

    state.batches += 1
    batch = state.batches << BATCH_BIT
    events = [Event(when << TIME_BIT | batch | i, ingested, message) for i, (when, message) in enumerate(lines)]
    for event in events:
        stream.add(event)
    if group.subscriptions:
        deliver(state, group, stream, events)


def take_up(state: State) -> None:
    """Take up what other services have written. Every operation begins with it."""
    for page in state.scope.cloud.logbook.take(state.scope.account, state.scope.region):
        now = int(page.written * 1000)
        group = state.groups.get(page.group)
        if group is None:
            if not page.create:
                continue
            group = state.groups[page.group] = Group(page.group, now)
        stream = group.streams.get(page.stream)
        if stream is None:
            stream = group.streams[page.stream] = Stream(page.stream, now)
        ingest(state, group, stream, ((int(when * 1000), text) for when, text in page.lines if text), now)


@job(ARRIVED)
def _arrived(scope: Scope) -> None:
    take_up(scope.state())
