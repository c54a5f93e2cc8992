"""What the interpreter wants of the world. It awaits nothing else, so that a run can be recorded and run again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .document import Document


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """One attempt of a Task state. ``timeout`` and ``heartbeat`` in seconds; ``token`` only for ``.waitForTaskToken``."""

    state: str
    resource: str
    parameters: Document
    timeout: int | None
    heartbeat: int | None
    credentials: Any
    token: str | None
    context: Callable[[], dict[str, Any]]
    emit: Callable[[str, dict[str, Any]], int]
    """Write a history event behind the last one of this line of states."""


@dataclass(frozen=True, slots=True)
class MapRunRequest:
    """One run of a distributed Map: what its fields say, with all paths and expressions evaluated.

    ``items`` is None where an item reader gives them; ``select`` makes a child's input of the item as the context
    object has it (``{"Index": ..., "Value": ...}``) and as it came.
    """

    state: str
    label: str | None
    processor: dict[str, Any]
    execution_type: str
    items: list[Any] | None
    reader: dict[str, Any] | None
    batcher: dict[str, Any] | None
    writer: dict[str, Any] | None
    concurrency: int
    tolerated_count: int | None
    tolerated_percentage: float | None
    select: Callable[[dict[str, Any], Any], Document]
    emit: Callable[[str, dict[str, Any]], int]
    opened: Callable[[str], None]
    """Told the run's ARN."""


class Environment(Protocol):
    """The world of one execution. Everything that isn't the same in a second run comes from here."""

    def now(self) -> float:
        """Virtual time, in seconds since the epoch."""
        ...

    def random(self) -> float:
        """The next of a seeded sequence of numbers from 0 to 1."""
        ...

    def uuid(self) -> str:
        """The next of a seeded sequence of UUIDs."""
        ...

    def token(self) -> str:
        """The next of a seeded sequence of task tokens."""
        ...

    def emit(self, type: str, details: dict[str, Any], previous: int) -> int:
        """Write a history event; documents in ``details`` are written as text when it is read. Gives its id."""
        ...

    def took(self, state: str, way: str) -> None:
        """A choice, catcher or retrier of a state was taken: ``Choices[0]``, ``Default``, ``Catch[0]``, ``Retry[0]``."""
        ...

    async def sleep_until(self, timestamp: float) -> None:
        """Let time pass."""
        ...

    async def task(self, request: TaskRequest) -> Document:
        """Do the work of a Task state with its events; raises StateError."""
        ...

    async def map_run(self, request: MapRunRequest, redriven: str | None) -> Document:
        """Run the children of a distributed Map with its events, those of an earlier run which did not succeed when there
        was one; gives the state's result, raises StateError."""
        ...

    async def gather(self, coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        """All of them, side by side; the first error cancels the others and is raised."""
        ...

    async def timeout(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """Raises errors.Timeout when it takes longer, and cancels it."""
        ...
