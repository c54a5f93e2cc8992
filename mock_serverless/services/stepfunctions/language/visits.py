"""One visit of a state, and the line of states it is in. This is what every stage and every state's function is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import times
from .document import LIMIT, Document, dumps
from .environment import Environment
from .errors import Fault, QueryFault, StateError, located, too_large, too_many_variables
from .expressions import Expressions
from .positions import Line, Position
from .values import Sources

MOST_STORED = 10 * 2**20
"""Bytes of all variables of an execution: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"""
COUNTS_RETRIES = frozenset({"Task", "Parallel", "Map"})
"""States whose context object has a RetryCount (recorded)."""


@dataclass(slots=True)
class Run:
    """What is the same for all states of one execution: its world, and its part of the context object."""

    env: Environment
    context: dict[str, Any]
    query_language: str = "JSONPath"
    _expressions: Expressions | None = None

    @property
    def expressions(self) -> Expressions:
        """Its expressions of JSONata."""
        if self._expressions is None:
            self._expressions = Expressions(self.env, self.env.now)
        return self._expressions


@dataclass(slots=True)
class Branch:
    """A line of states: the machine's own, a branch of a Parallel state, one iteration of a Map state.

    ``last`` is the history event that the next one comes after; ``visit`` the state which has not been left yet.
    """

    run: Run
    states: dict[str, dict[str, Any]]
    last: int
    variables: dict[str, Any]
    item: dict[str, Any] | None = None
    visit: Visit | None = None
    sizes: dict[str, int] = field(default_factory=dict)

    def store(self, state: str, texts: dict[str, str]) -> None:
        """Count the bytes of variables that a state sets; raises StateError where they are too many."""
        new = {
            name: len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
            for name, text in texts.items()
        }
        if sum(new.values()) > LIMIT:
            raise too_many_variables(state, "256 KiB in a state")
        if sum(new.values()) + sum(size for name, size in self.sizes.items() if name not in new) > MOST_STORED:
            raise too_many_variables(state, "10 MiB in an execution")
        self.sizes.update(new)

    def emit(self, type: str, details: dict[str, Any]) -> int:
        """Write a history event after the last one of this line."""
        self.last = self.run.env.emit(type, details, self.last)
        return self.last

    def inner(self, states: dict[str, dict[str, Any]], last: int, item: dict[str, Any] | None = None) -> Branch:
        """A line inside this one: it reads these variables, but sets its own."""
        given = self.item if item is None else item
        return Branch(self.run, states, last, dict(self.variables), given, sizes=dict(self.sizes))


@dataclass(slots=True)
class Visit:
    """One visit of a state; ``previous`` is the event before it was entered.

    ``resumed`` is where it stood when the execution was cut off, ``inside`` tells of the lines in it, ``map_run`` is its run.

    ``inspection`` and ``given`` (a context object, instead of its own: recorded) are for those who test one.
    """

    branch: Branch
    name: str
    state: dict[str, Any]
    input: Document
    entered: int
    time: float
    previous: int = 0
    retries: int = 0
    attempts: list[int] = field(default_factory=list)
    token: str | None = None
    attempted: bool = False
    inspection: dict[str, Document] | None = None
    given: Document | None = None
    resumed: Position | None = None
    inside: Callable[[], tuple[Line, ...]] | None = None
    map_run: str | None = None
    _context: dict[str, Any] | None = None

    @property
    def language(self) -> str:
        """The query language of the state's fields."""
        language: str = self.state.get("QueryLanguage") or self.branch.run.query_language
        return language

    def error(self, fault: Fault) -> StateError:
        """The error of the state when a field can't be evaluated; the history tells of JSONata's (recorded)."""
        error = located(fault, self.name, self.entered)
        if isinstance(fault, QueryFault):
            details = {"cause": error.cause, "error": error.error, "location": fault.location, "state": self.name}
            branch = self.branch
            previous = branch.last if fault.after or branch.last != self.entered else self.previous
            branch.last = branch.run.env.emit(
                "EvaluationFailed", {k: v for k, v in details.items() if v is not None}, previous
            )
            self.attempted = True
        error.event = self.branch.last
        return error

    def context(self) -> dict[str, Any]:
        """The context object: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
        if self.given is not None:
            context: dict[str, Any] = self.given.value
            return context
        if self._context is None:
            state: dict[str, Any] = {"Name": self.name, "EnteredTime": times.write(self.time)}
            if self.state["Type"] in COUNTS_RETRIES:
                state["RetryCount"] = self.retries
            self._context = {**self.branch.run.context, "State": state}
            if self.branch.item is not None:
                self._context["Map"] = {"Item": self.branch.item}
            if self.token is not None:
                self._context["Task"] = {"Token": self.token}
        return self._context

    def forget_context(self) -> None:
        """Something in it has changed."""
        self._context = None

    def inspect(self, what: str, document: Document) -> None:
        """Keep a document for somebody who tests the state."""
        if self.inspection is not None:
            self.inspection[what] = document

    def sources(self, data: Document) -> Sources:
        """What the paths of this state's fields are looked up in."""
        return Sources(data, self.context, self.branch.variables, self.branch.run.env)

    def leave(self, output: Document, assigned: dict[str, Any] | None = None) -> Document:
        """Write that the state was left, set variables; gives the output. Raises StateError when it is too large."""
        if output is not self.input and output.too_large():
            raise too_large(self.name)
        details: dict[str, Any] = {"name": self.name, "output": output}
        if assigned:
            details["assignedVariables"] = texts = {name: dumps(value) for name, value in assigned.items()}
            self.branch.store(self.name, texts)
            details["assignedVariablesDetails"] = {"truncated": False}
            self.branch.variables.update(assigned)
        self.branch.emit(EXITED[self.state["Type"]], details)
        self.branch.visit = None
        return output


_KINDS = ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
ENTERED = {kind: f"{kind}StateEntered" for kind in _KINDS}
EXITED = {kind: f"{kind}StateExited" for kind in _KINDS}
