"""A state machine as Mermaid's flowchart, which GitHub, notebooks and many editors draw: https://mermaid.js.org/syntax/flowchart.html"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from .graph import END, START, Graph, graph_of
from .svg import COLOURS

SHAPES = {"Start": "([{}])", "End": "([{}])", "Choice": "{{{}}}"}


def mermaid(definition: dict[str, Any], statuses: dict[str, str] | None = None) -> str:
    """A definition as Mermaid's text; ``statuses`` colours states by name."""
    ids: dict[str, str] = {}
    lines = ["flowchart TD", *_graph(graph_of(definition), ids, count(1), "  ")]
    for status, (colour, _) in COLOURS.items():
        members = [ids[name] for name, found in (statuses or {}).items() if found == status and name in ids]
        if members:
            ink = ",color:#ffffff" if status == "FAILED" else ",color:#16191f"
            lines.append(f"  classDef {status} fill:{colour},stroke:#5f6b7a{ink}")
            lines.append(f"  class {','.join(members)} {status}")
    return "\n".join(lines) + "\n"


def _graph(graph: Graph, ids: dict[str, str], numbers: Iterator[int], indent: str) -> Iterator[str]:
    for node in graph.nodes:
        known = ids[node.name] = {START: "start", END: "finish"}.get(node.name) or f"s{next(numbers)}"
        title = node.type if node.name in (START, END) else node.name
        if not node.inner:
            yield f"{indent}{known}{SHAPES.get(node.type, '[{}]').format(_quoted(title))}"
            continue
        yield f"{indent}subgraph {known}[{_quoted(title)}]"
        for inner in node.inner:
            yield from _graph(inner, ids, numbers, indent + "  ")
        yield f"{indent}end"
    for edge in graph.edges:
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        yield f"{indent}{ids[edge.source]} -->{label} {ids[edge.target]}"


def _quoted(text: str) -> str:
    """A text in quotation marks; what Mermaid would read as its own is written as an entity."""
    for sign in '#"<>':  # the first one is part of the others' entities
        text = text.replace(sign, f"#{ord(sign)};")
    return f'"{text}"'
