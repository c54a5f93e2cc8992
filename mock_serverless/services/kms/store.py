"""What KMS keeps for one account and region.

Related multi-Region keys have one id, one key material and one rotation; these are a :class:`Family`'s, of which a key of one
region is the only member. https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...core.scope import Scope

DAY = 86_400.0
ENABLED, DISABLED, PENDING, PENDING_REPLICAS = "Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion"


@dataclass(frozen=True, slots=True)
class Material:
    """Key material: 32 bytes under an id of 32 bytes. ``cause`` and ``since`` say which rotation brought it, if one did."""

    id: bytes
    secret: bytes
    cause: str | None = None
    since: float = 0.0

    def __deepcopy__(self, memo: dict[int, Any]) -> Material:
        return self


@dataclass(slots=True)
class Family:
    """What related keys share. ``members`` are the keys by their regions; ``due`` is when the next rotation is."""

    primary: str
    materials: tuple[Material, ...]
    members: dict[str, Key] = field(default_factory=dict)
    period: int | None = None
    due: float = 0.0
    on_demand: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant. Replaced, never changed."""

    id: str
    tokens: tuple[str, ...]
    name: str
    created: float
    issuer: str
    grantee: str
    retiring: str | None
    operations: tuple[str, ...]
    constraints: dict[str, Any]

    def __deepcopy__(self, memo: dict[int, Any]) -> Grant:
        return self


@dataclass(slots=True, eq=False)
class Key:
    """A KMS key. ``policy`` is its document; ``window`` and ``deletion`` (days, a point in time) are there while it is to go."""

    id: str
    arn: str
    region: str
    account: str
    created: float
    spec: str
    usage: str
    description: str
    policy: dict[str, Any]
    family: Family
    multi: bool = False
    manager: str = "CUSTOMER"
    state: str = ENABLED
    window: int | None = None
    deletion: float | None = None
    tags: dict[str, str] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)

    @property
    def material(self) -> Material:
        """The current one."""
        return self.family.materials[-1]

    @property
    def is_primary(self) -> bool:
        """Of its family."""
        return self.family.primary == self.region


@dataclass(slots=True)
class Alias:
    """A name for a key; the alias of an AWS managed key which hasn't been used has none yet."""

    name: str
    target: str
    created: float
    changed: float


class State:
    """KMS in one account and region."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.keys: dict[str, Key] = {}
        self.aliases: dict[str, Alias] = {}
        self.by_material: dict[bytes, str] = {}
        """The id of the key of each material, old ones too."""
        self.tokens: dict[str, tuple[str, str]] = {}
        """Grant tokens -> a key's id and a grant's."""

    def arn(self, resource: str) -> str:
        """The ARN of ``key/...`` or ``alias/...``."""
        scope = self.scope
        return f"arn:{scope.partition}:kms:{scope.region}:{scope.account}:{resource}"

    def new_material(self, cause: str | None = None, since: float = 0.0) -> Material:
        """Fresh material, out of the cloud's seed."""
        random = self.scope.ids.random
        return Material(random.randbytes(32), random.randbytes(32), cause, since)

    def add(self, key: Key) -> None:
        """A new key, or replica."""
        self.keys[key.id] = key
        key.family.members[key.region] = key
        for material in key.family.materials:
            self.by_material[material.id] = key.id

    def remove(self, key: Key) -> None:
        """A key goes, with its aliases, grants and material."""
        del self.keys[key.id]
        del key.family.members[key.region]
        self.aliases = {name: alias for name, alias in self.aliases.items() if alias.target != key.id}
        self.tokens = {token: place for token, place in self.tokens.items() if place[0] != key.id}
        for material in key.family.materials:
            del self.by_material[material.id]

    def changed(self, key: Key) -> None:
        """A key can be used again or no longer, or by others: whoever watches it is told."""
        self.scope.notify(key.arn)
