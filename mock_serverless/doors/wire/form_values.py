"""The parameters of the query and EC2 protocols, read from a flat form.

``Filters.member.1.Name=x`` (query), ``Filter.1.Name=x`` (EC2): the dotted names are made a tree first, which is
then read along the shape. Lists are numbered from 1, under ``member`` (or their element's name) unless they are
flattened, which EC2's always are; maps are numbered, too, under ``entry``. An empty value where a list belongs is an
empty list. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#query-key-resolution and its EC2 neighbour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .scalars import read_text

Tree = dict[str, Any]  # name -> Tree; the text of a node is under ""
TEXT = ""


def read_form(form: Mapping[str, str], shape: Any, ec2: bool) -> dict[str, Any]:
    return _structure(_tree(form), shape, ec2)


def _tree(form: Mapping[str, str]) -> Tree:
    root: Tree = {}
    for name, text in form.items():
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {}) if part else node
        node[TEXT] = text
    return root


def _value(node: Tree, shape: Any, ec2: bool) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(node, shape, ec2)
    if kind == "list":
        return _list(node, shape, ec2)
    if kind == "map":
        return _map(node, shape, ec2)
    return read_text(node.get(TEXT, ""), shape)


def _structure(node: Tree, shape: Any, ec2: bool) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        child = _member(node, name, member, ec2)
        if child is not None:
            found[name] = _value(child, member, ec2)
    return found


def _member(node: Tree, name: str, member: Any, ec2: bool) -> Tree | None:
    rules = member.serialization
    if ec2:
        return node.get(_ec2_name(rules, name))
    if member.type_name == "list" and rules.get("flattened"):
        element = member.member.serialization.get("name")
        if element and element in node:  # a flattened list goes by its element's name
            return node[element]  # type: ignore[no-any-return]
    return node.get(rules.get("name", name))


def _ec2_name(rules: Mapping[str, Any], name: str) -> str:
    if "queryName" in rules:
        return str(rules["queryName"])
    given = rules.get("name")
    return given[0].upper() + given[1:] if given else name


def _list(node: Tree, shape: Any, ec2: bool) -> list[Any]:
    if not ec2 and not shape.serialization.get("flattened"):
        node = node.get(shape.member.serialization.get("name", "member"), {})
    return [_value(child, shape.member, ec2) for child in _numbered(node)]


def _map(node: Tree, shape: Any, ec2: bool) -> dict[str, Any]:
    if not shape.serialization.get("flattened"):
        node = node.get("entry", {})
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    return {
        _value(entry.get(key_name, {}), shape.key, ec2): _value(entry.get(value_name, {}), shape.value, ec2)
        for entry in _numbered(node)
    }


def _numbered(node: Tree) -> list[Tree]:
    """The children whose names are numbers, in their order; gaps don't matter."""
    return [node[name] for name in sorted((name for name in node if name.isdecimal()), key=int)]
