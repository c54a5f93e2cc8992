"""Values of a shape as XML, read from requests (rest-xml) and written to answers (rest-xml, query, EC2).

https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html#xml-shape-serialization: a member is an element of its
name; a list wraps ``<member>`` elements unless it is flattened, a map wraps ``<entry><key/><value/></entry>``. Written
by hand, since the standard library neither escapes carriage returns in text nor lets a prefix be chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from .scalars import Malformed, read_text, write_text

Element = ElementTree.Element
# What XML would lose or forbid. Control characters have no place in XML 1.0; S3 writes references to them all the
# same:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-xml-related-constraints
SPECIAL = re.compile(r"[&<>\"\r\x00-\x08\x0b\x0c\x0e-\x1f\x85\u2028]")
NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escape(text: str) -> str:
    return SPECIAL.sub(lambda found: NAMED.get(found.group()) or f"&#x{ord(found.group()):x};", text)


# ---------------------------------------------------------------------- writing


def element(name: str, content: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def text_element(name: str, text: str) -> str:
    return element(name, escape(text))


def write_members(value: dict[str, Any], shape: Any) -> str:
    """The child elements of a structure."""
    parts = []
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None and not member.serialization.get("xmlAttribute"):
            parts.append(write_value(item, member, element_name(member, name)))
    return "".join(parts)


def element_name(member: Any, name: str) -> str:
    """botocore reads a flattened list by the name of its elements, if they have one."""
    rules = member.serialization
    if member.type_name == "list" and rules.get("flattened"):
        return str(member.member.serialization.get("name") or rules.get("name", name))
    return str(rules.get("name", name))


def write_value(value: Any, shape: Any, name: str) -> str:
    kind = shape.type_name
    if kind == "structure":
        return element(name, write_members(value, shape), attributes(value, shape))
    if kind == "list":
        return _write_list(value, shape, name)
    if kind == "map":
        return _write_map(value, shape, name)
    return text_element(name, write_text(value, shape))


def _write_list(value: Any, shape: Any, name: str) -> str:
    if shape.serialization.get("flattened"):
        return "".join(write_value(item, shape.member, name) for item in value)
    inner = shape.member.serialization.get("name", "member")
    return element(name, "".join(write_value(item, shape.member, inner) for item in value))


def _write_map(value: Any, shape: Any, name: str) -> str:
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    flattened = shape.serialization.get("flattened")
    entries = [
        element(
            name if flattened else "entry",
            write_value(key, shape.key, key_name) + write_value(item, shape.value, value_name),
        )
        for key, item in value.items()
    ]
    return "".join(entries) if flattened else element(name, "".join(entries))


def attributes(value: dict[str, Any], shape: Any) -> str:
    """The namespace of a shape and those of its members which are attributes (``xsi:type`` of S3's Grantee)."""
    parts = [namespace(shape)]
    for name, member in shape.members.items():
        if member.serialization.get("xmlAttribute") and value.get(name) is not None:
            parts.append(f' {member.serialization["name"]}="{escape(write_text(value[name], member))}"')
    return "".join(parts)


def namespace(shape: Any) -> str:
    given = shape.serialization.get("xmlNamespace")
    if not given:
        return ""
    uri, prefix = (given, "") if isinstance(given, str) else (given["uri"], given.get("prefix", ""))
    return f' xmlns{":" + prefix if prefix else ""}="{escape(uri)}"'


# ---------------------------------------------------------------------- reading


def read_document(body: bytes) -> Element:
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise Malformed(str(error)) from None


def local_name(name: str) -> str:
    return name.rpartition("}")[2]


def read_members(node: Element, shape: Any, bound: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A structure; members which are ``bound`` to headers and the like are not looked for."""
    children: dict[str, list[Element]] = {}
    for child in node:
        children.setdefault(local_name(child.tag), []).append(child)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        rules = member.serialization
        if name in bound:
            continue
        if rules.get("xmlAttribute"):
            found.update(_attribute(node, name, member))
            continue
        nodes = children.get(rules.get("name", name)) or children.get(element_name(member, name))
        if nodes:
            found[name] = _read_nodes(nodes, member)
    return found


def _attribute(node: Element, name: str, member: Any) -> Iterator[tuple[str, Any]]:
    wanted = member.serialization["name"].rpartition(":")[2]
    for key, text in node.attrib.items():
        if local_name(key) == wanted:
            yield name, read_text(text, member)


def _read_nodes(nodes: list[Element], shape: Any) -> Any:
    """The value of a member, whose elements (several, when it is flattened) are these."""
    if shape.serialization.get("flattened"):
        if shape.type_name == "list":
            return [read_value(node, shape.member) for node in nodes]
        if shape.type_name == "map":
            return _read_map(nodes, shape)
    return read_value(nodes[0], shape)


def read_value(node: Element, shape: Any) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return read_members(node, shape)
    if kind == "list":
        return [read_value(child, shape.member) for child in node]
    if kind == "map":
        return _read_map(list(node), shape)
    return read_text(node.text or "", shape)


def _read_map(entries: list[Element], shape: Any) -> dict[str, Any]:
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    found = {}
    for entry in entries:
        parts = {local_name(child.tag): child for child in entry}
        if key_name not in parts or value_name not in parts:
            raise Malformed(f"An entry of a map needs {key_name} and {value_name}")
        found[read_value(parts[key_name], shape.key)] = read_value(parts[value_name], shape.value)
    return found
