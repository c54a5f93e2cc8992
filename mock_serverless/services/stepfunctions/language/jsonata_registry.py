"""Functions of JSONata that are written here: each is a Python function registered with its name and signature.

https://docs.jsonata.org/2.0.6/embedding-extending#function-signature-syntax. Undefined is None, null is ``NULL``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .values import Chance

Body = Callable[..., Any]
FUNCTIONS: list[tuple[str, str, Body, bool]] = []


class World:
    """What differs from run to run: the chance of an execution and the time of an evaluation (seconds)."""

    __slots__ = ("chance", "now")

    def __init__(self, chance: Chance, now: Callable[[], float]) -> None:
        self.chance = chance
        self.now = now


def function(name: str, signature: str, world: bool = False) -> Callable[[Body], Body]:
    """Register what ``$name`` does; with ``world`` the function is given it first."""

    def register(body: Body) -> Body:
        FUNCTIONS.append((name, signature, body, world))
        return body

    return register
