"""Snapshots of a whole cloud, and the way back to them.

Everything that a cloud remembers is here by name: what is forgotten here outlives a rollback. Services' states are copied
(big stores share what is immutable, see services/dynamodb/versions.py), the rest gives its own state. What failed in the
background and was not looked at stays: it is reported at the end of the mock.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .core import current

if TYPE_CHECKING:
    from .cloud import Cloud


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of a cloud at a moment; see :meth:`Cloud.snapshot`."""

    cloud: Cloud
    parts: dict[str, Any]


def take(cloud: Cloud) -> Snapshot:
    """A snapshot of a cloud as it is now."""
    with cloud.lock:
        parts = {
            "states": copy.deepcopy(cloud.states),
            "clock": cloud.clock.state(),
            "agenda": cloud.agenda.state(),
            "kernel": cloud.kernel.state(),
            "random": cloud.ids.random.getstate(),
            "journal": len(cloud.calls),
            "doubles": cloud.doubles.state(),
            "watchers": {k: list(v) for k, v in cloud.watchers.items()},
            "access_keys": dict(cloud.access_keys),
            "logbook": cloud.logbook.state(),
        }
    return Snapshot(cloud, parts)


def go_back(snapshot: Snapshot) -> None:
    """Back to a snapshot, which stays usable."""
    cloud, parts = snapshot.cloud, snapshot.parts
    tell_of_undoing(cloud, parts["journal"])
    with cloud.lock:
        cloud.states = copy.deepcopy(parts["states"])
        cloud.clock.set_state(parts["clock"])
        cloud.agenda.set_state(parts["agenda"])
        cloud.kernel.set_state(parts["kernel"])
        cloud.ids.random.setstate(parts["random"])
        cloud.calls.truncate(parts["journal"])
        cloud.doubles.set_state(parts["doubles"])
        cloud.watchers = {k: list(v) for k, v in parts["watchers"].items()}
        cloud.access_keys = dict(parts["access_keys"])
        cloud.logbook.set_state(parts["logbook"])


def tell_of_undoing(cloud: Cloud, calls_left: int) -> None:
    """Whoever watches is told before it happens."""
    for observe in current.undoing:
        observe(cloud, calls_left)
