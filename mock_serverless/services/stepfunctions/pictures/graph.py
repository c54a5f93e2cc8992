"""A definition as a graph: nodes are states, edges are the ways from one to the next, as the console of AWS draws them.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html. The branches of a Parallel state and
the processor of a Map state are graphs of their own, inside their node. Only the machine itself has a Start and an End.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

START, END = "\x00start", "\x00end"
"""Names of the nodes that are no states; no state can be called so."""

COMPARED = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
SIGNS = dict(zip(COMPARED, ("==", "<", ">", "<=", ">="), strict=True))
TYPES = ("String", "Numeric", "Boolean", "Timestamp")


@dataclass(frozen=True, slots=True)
class Node:
    """A state, or the Start or End of the machine; ``inner`` are the lines of states inside it."""

    name: str
    type: str
    inner: tuple[Graph, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another, with what it takes to go there."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """One line of states; ``start`` is the name of the node to begin at."""

    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(definition: dict[str, Any], outermost: bool = True) -> Graph:
    """The graph of a definition (or of a branch). What is no state, or leads nowhere, is left out."""
    states = {name: state for name, state in (definition.get("States") or {}).items() if isinstance(state, dict)}
    nodes = [
        Node(name, str(state.get("Type")), tuple(_inner(state)), str(state.get("Comment", "")))
        for name, state in states.items()
    ]
    edges = [edge for name, state in states.items() for edge in _edges(name, state, outermost)]
    start = str(definition.get("StartAt"))
    known = set(states)
    if outermost:
        nodes = [Node(START, "Start"), *nodes, Node(END, "End")]
        edges.insert(0, Edge(START, start))
        start, known = START, known | {START, END}
    kept = tuple(edge for edge in _merged(edges) if edge.source in known and edge.target in known)
    return Graph(start, tuple(nodes), kept)


def _inner(state: dict[str, Any]) -> Iterator[Graph]:
    if state.get("Type") == "Parallel":
        yield from (graph_of(branch, False) for branch in state.get("Branches") or () if isinstance(branch, dict))
    if state.get("Type") == "Map":
        processor = state.get("ItemProcessor") or state.get("Iterator")
        if isinstance(processor, dict):
            yield graph_of(processor, False)


def _edges(name: str, state: dict[str, Any], outermost: bool) -> Iterator[Edge]:
    if "Next" in state:
        yield Edge(name, state["Next"])
    elif outermost and (state.get("End") or state.get("Type") in ("Succeed", "Fail")):
        yield Edge(name, END)
    for rule in state.get("Choices") or ():
        yield Edge(name, rule.get("Next", ""), condition(rule))
    if "Default" in state:
        yield Edge(name, state["Default"], "Default")
    for number, catcher in enumerate(state.get("Catch") or (), 1):
        yield Edge(name, catcher.get("Next", ""), f"Catch #{number}")


def _merged(edges: list[Edge]) -> list[Edge]:
    """Two ways between the same nodes are drawn once, with both labels."""
    labels: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        labels.setdefault((edge.source, edge.target), []).append(edge.label)
    return [Edge(*ends, " / ".join(t or "Next" for t in texts) if any(texts) else "") for ends, texts in labels.items()]


def condition(rule: dict[str, Any]) -> str:
    """A choice rule in a short line: ``$.total > 100``."""
    if "Condition" in rule:
        return str(rule["Condition"]).strip("{}% ")
    for word in ("And", "Or"):
        if word in rule:
            return f" {word.lower()} ".join(_inside(part) for part in rule[word])
    if "Not" in rule:
        return f"not {_inside(rule['Not'])}"
    for operator, operand in rule.items():
        if operator not in ("Variable", "Next", "Comment", "Assign", "Output"):
            return f"{rule.get('Variable', '')} {_comparison(operator, operand)}"
    return ""


def _inside(rule: dict[str, Any]) -> str:
    text = condition(rule)
    return f"({text})" if "And" in rule or "Or" in rule else text


def _comparison(operator: str, operand: Any) -> str:
    if operator.startswith("Is"):
        return f"is {'' if operand else 'not '}{operator[2:].lower()}"
    written = operand if operator.endswith("Path") else json.dumps(operand, ensure_ascii=False)
    plain = operator[:-4] if operator.endswith("Path") else operator
    if plain == "StringMatches":
        return f"matches {written}"
    sign = next((SIGNS.get(plain[len(kind) :]) for kind in TYPES if plain.startswith(kind)), None)
    return f"{sign or operator} {written}"
