"""Key material that has been rotated, and when that is due.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html. Rotations are taken up when somebody looks at the key
next, which nobody can tell from rotations in time.
"""

from __future__ import annotations

from .store import DAY, ENABLED, Family, Key, State


def rotate_if_due(state: State, key: Key) -> None:
    """Take up the rotations whose time has passed. A key that can't be used isn't rotated; its primary decides for all."""
    family = key.family
    primary = family.members.get(family.primary)
    now = state.scope.timestamp()
    while family.period is not None and family.due <= now and primary is not None and primary.state == ENABLED:
        renew(state, family, "AUTOMATIC", family.due)
        family.due += family.period * DAY


def renew(state: State, family: Family, cause: str, since: float) -> None:
    """New key material for a family; what the old one has encrypted still opens."""
    material = state.new_material(cause, since)
    family.materials = (*family.materials, material)
    for key in family.members.values():
        there: State = state.scope.state(account=key.account, region=key.region)
        there.by_material[material.id] = key.id
