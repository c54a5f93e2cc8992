"""The two query languages of a state's fields, by one interface: jsonpath.py and jsonata.py are its implementations."""

from __future__ import annotations

from typing import Any, Protocol

from . import jsonata, jsonpath
from .document import Document
from .visits import Visit

Left = tuple[Document, dict[str, Any] | None]
"""A state's output, and the variables that it sets."""


class Query(Protocol):
    """What a state asks of its query language. Each raises Fault."""

    def before(self, visit: Visit) -> Document:
        """What the state works on."""
        ...

    def after(self, visit: Visit, result: Document) -> Left:
        """What becomes of the work's result."""
        ...

    def caught(self, visit: Visit, catcher: dict[str, Any], result: Document) -> Left:
        """What a catcher makes of an error."""
        ...

    def template(self, visit: Visit, name: str) -> Any:
        """A field that is a template over the state's input; None when it isn't there."""
        ...

    def choose(self, visit: Visit, data: Document) -> dict[str, Any] | None:
        """The first rule of a Choice state that holds."""
        ...

    def chosen(self, visit: Visit, rule: dict[str, Any] | None, data: Document) -> Left:
        """How a Choice state is left."""
        ...

    def text(self, visit: Visit, name: str) -> str | None:
        """Error or Cause of a Fail state."""
        ...

    def until(self, visit: Visit, data: Document) -> float:
        """When a Wait state goes on."""
        ...

    def limit(self, visit: Visit, name: str) -> int | None:
        """A number of seconds from 1."""
        ...

    def count(self, visit: Visit, name: str, data: Document) -> int | None:
        """A whole number from 0."""
        ...

    def percentage(self, visit: Visit, name: str, data: Document) -> float | None:
        """A number from 0 to 100."""
        ...

    def arguments(self, visit: Visit, body: dict[str, Any], where: str, data: Document) -> Any:
        """What an item reader or a result writer is called with."""
        ...

    def part(self, visit: Visit, body: dict[str, Any], where: str, name: str, data: Document) -> Any:
        """A template inside a state."""
        ...

    def setting(self, visit: Visit, body: dict[str, Any], where: str, name: str, data: Document) -> int | None:
        """A whole number inside a state."""
        ...

    def items(self, visit: Visit, data: Document) -> list[Any]:
        """What a Map state goes over."""
        ...

    def item_data(self, visit: Visit, data: Document, item: dict[str, Any]) -> Document:
        """The input of an iteration."""
        ...


QUERIES: dict[str, Query] = {"JSONPath": jsonpath, "JSONata": jsonata}


def of(visit: Visit) -> Query:
    """The language of a state's fields."""
    return QUERIES[visit.language]
