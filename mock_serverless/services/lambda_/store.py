"""What Lambda stores for one account and region."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ...core.logbook import Line
from ...core.scope import Scope
from .runtime.environment import Environment
from .runtime.packages import Package

LATEST = "$LATEST"


class Code:
    """The code of a version: a deployment package, or a Python callable of the test's. Never changed."""

    def __init__(self, archive: bytes = b"", handler: Callable[..., Any] | None = None) -> None:
        self.archive = archive
        self.handler = handler
        content = archive if handler is None else name_of(handler).encode()
        self.sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self.size = len(content)

    @cached_property
    def package(self) -> Package:
        """The package's files. ValueError when it is no zip."""
        return Package(self.archive)

    def __deepcopy__(self, memo: dict[int, Any]) -> Code:
        return self


def name_of(handler: Callable[..., Any]) -> str:
    """``module.name`` of a callable."""
    name = getattr(handler, "__qualname__", None) or type(handler).__qualname__
    return f"{getattr(handler, '__module__', None) or type(handler).__module__}.{name}".replace(" ", "")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a function, ``$LATEST`` or published. Replaced, never changed; ``settings`` are AWS's members."""

    number: str
    settings: dict[str, Any]
    code: Code
    revision: str
    modified: float
    state: str = "Active"
    updating: bool = False

    def __deepcopy__(self, memo: dict[int, Any]) -> Version:
        return self


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias: the version it points to, and weights of others."""

    name: str
    version: str
    description: str
    weights: dict[str, float]
    revision: str

    def __deepcopy__(self, memo: dict[int, Any]) -> Alias:
        return self


@dataclass(slots=True)
class Function:
    """A function with its versions and all that hangs on it. Keys of the dicts per qualifier are version or alias."""

    name: str
    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    published: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    reserved: int | None = None
    statements: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    invoke_configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    urls: dict[str, dict[str, Any]] = field(default_factory=dict)
    recursive_loop: str = "Terminate"

    def revision(self, qualifier: str) -> str:
        """That of an alias or a version; of the function itself, that of ``$LATEST``."""
        part = self.aliases.get(qualifier) or self.versions.get(qualifier) or self.latest
        return part.revision

    def version(self, number: str) -> Version | None:
        """A version by its number."""
        return self.latest if number == LATEST else self.versions.get(number)


@dataclass(slots=True)
class Shard:
    """How far a mapping has read a shard.

    ``plan`` holds the batches that are to be tried again, as (last sequence number, failed tries); the shard waits for them.
    """

    after: str | None = None
    plan: list[tuple[str, int]] = field(default_factory=list)
    blocked_until: float = 0.0
    gathering_since: float | None = None
    busy: bool = False
    again: bool = False
    ended: bool = False


@dataclass(slots=True)
class Mapping:
    """An event source mapping: AWS's members, and how far each shard has been read."""

    uuid: str
    settings: dict[str, Any]
    function: str
    """The function's ARN, with the qualifier if one was given."""
    state: str
    result: str
    modified: float
    tags: dict[str, str] = field(default_factory=dict)
    shards: dict[str, Shard] = field(default_factory=dict)
    generation: int = 0
    """Counts stops and starts: work that was planned before one is void."""


class Environments:
    """Idle execution environments, by function and version. No part of a snapshot: after a restore all start cold."""

    def __init__(self) -> None:
        self.idle: dict[tuple[str, str], list[tuple[Version, Environment]]] = {}
        self.busy: dict[str, int] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> Environments:
        return Environments()


class State:
    """Lambda in one account and region."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.functions: dict[str, Function] = {}
        self.mappings: dict[str, Mapping] = {}
        self.environments = Environments()
        self.logs: dict[str, list[list[Line]]] = {}
        """Log group -> what each invocation has written."""

    def arn(self, name: str, qualifier: str | None = None) -> str:
        """A function's ARN."""
        scope = self.scope
        arn = f"arn:{scope.partition}:lambda:{scope.region}:{scope.account}:function:{name}"
        return arn if qualifier is None else f"{arn}:{qualifier}"

    def revise(self, function: Function, qualifier: str = LATEST) -> None:
        """Give ``$LATEST``, a version or an alias a new revision, for what isn't part of it has changed."""
        revision = self.scope.ids.uuid()
        if qualifier in function.aliases:
            function.aliases[qualifier] = replace(function.aliases[qualifier], revision=revision)
        elif qualifier in function.versions:
            function.versions[qualifier] = replace(function.versions[qualifier], revision=revision)
        else:
            function.latest = replace(function.latest, revision=revision)

    def put_latest(self, function: Function, **changes: Any) -> Version:
        """Replace ``$LATEST``: the one way in which a function changes."""
        changes.setdefault("modified", self.scope.timestamp())
        function.latest = replace(function.latest, revision=self.scope.ids.uuid(), **changes)
        return function.latest
