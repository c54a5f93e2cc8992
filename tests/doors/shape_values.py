"""Random values of a botocore shape, within what each protocol can carry.

What a protocol (or botocore's half of it) loses is not generated; each such rule says so.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
WORDS = ("a", "Zz 9", "é", "日本", "😀", "<&>'\"", "a/b", "x=y&z", "%41", "+", "-", "\n", "\t", "]]>", "1.5")
PLAIN = "abcXYZ019-_."
MAX_DEPTH = 4


class Values:
    """``rng`` decides everything; ``answer`` is for outputs, else for inputs."""

    def __init__(self, rng: random.Random, protocol: str, answer: bool) -> None:
        self.rng = rng
        self.protocol = protocol
        self.answer = answer
        self.form = protocol in ("query", "ec2") and not answer
        self.xml = protocol == "rest-xml" or (answer and protocol in ("query", "ec2"))

    def root(self, shape: Any) -> dict[str, Any]:
        if shape is None:
            return {}
        found: dict[str, Any] = {}
        for name in self._members(shape, 0):
            member = shape.members[name]
            location = member.serialization.get("location")
            value = self._bound(member, location) if location else self.value(member, 1)
            if value is not None:
                found[name] = value
        return found

    def _members(self, shape: Any, depth: int) -> list[str]:
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            return [self.rng.choice(names)] if names else []
        share = 0.5 if len(names) < 12 else 6 / len(names)
        share = share if depth < 2 else share / depth
        return [n for n in names if n in shape.required_members or self.rng.random() < share]

    # ------------------------------------------------------------------ members which are not in the body

    def _bound(self, member: Any, location: str) -> Any:
        rng = self.rng
        name = member.serialization.get("name", "").lower()
        if location == "statusCode":
            return rng.choice((200, 201, 202, 206))
        if location == "headers":
            # botocore's map of no headers and no map are the same on the wire
            return {self.plain(): self.header_text() for _ in range(rng.randint(1, 2))}
        if name in ("content-length", "content-md5", "content-type", "content-encoding", "transfer-encoding"):
            return None  # the HTTP client's own
        if location == "uri":
            return self.text() or "x" if member.type_name == "string" else self.scalar(member)
        if location == "querystring" and member.type_name == "map":
            several = member.value.type_name == "list"
            return {f"q-{i}": [self.text()] if several else self.text() for i in range(rng.randint(1, 2))}
        if member.type_name == "list":
            return [self.header_text() if location == "header" else self.scalar(member.member) for _ in range(2)]
        if location == "header" and member.type_name == "string":
            if member.serialization.get("jsonvalue"):
                return {"k": [1, "é"]}
            return self.plain() if member.serialization.get("hostLabel") else self.header_text()
        return self.scalar(member, header=location == "header")

    def plain(self) -> str:
        return "".join(self.rng.choice("abcxyz019") for _ in range(self.rng.randint(1, 8)))

    def header_text(self) -> str:
        """HTTP doesn't carry more than this in a header without loss."""
        middle = "".join(self.rng.choice(PLAIN + "/:=;<> '") for _ in range(self.rng.randint(0, 8)))
        return f"a{middle}z"

    # ------------------------------------------------------------------ members of the body

    def value(self, shape: Any, depth: int) -> Any:
        """None when a value of this shape has no form in the protocol."""
        if shape.type_name == "structure":
            return self.structure(shape, depth)
        if shape.type_name == "list":
            return self.list(shape, depth)
        if shape.type_name == "map":
            return self.map(shape, depth)
        if shape.serialization.get("hostLabel"):
            return self.plain()
        return self.scalar(shape)

    def structure(self, shape: Any, depth: int) -> Any:
        if shape.is_document_type:
            return self.rng.choice(({"a": [1, None, {"b": "é"}]}, {}, {"x": 1.5}))
        if depth > MAX_DEPTH + 8:
            return None
        found = {}
        for name in self._members(shape, depth) if depth <= MAX_DEPTH else shape.required_members:
            value = self.value(shape.members[name], depth + 1)
            if value is not None:
                found[name] = value
        if not found and (self.form or getattr(shape, "is_tagged_union", False)):
            # A form has no word for a structure without members; a union without one is refused by botocore.
            found = self._one_member(shape, depth)
        return found if found or not (self.form or getattr(shape, "is_tagged_union", False)) else None

    def _one_member(self, shape: Any, depth: int) -> dict[str, Any]:
        for name, member in shape.members.items():
            value = self.value(member, depth + 1)
            if value is not None:
                return {name: value}
        return {}

    def _count(self, shape: Any, depth: int) -> int:
        # Nothing stands for an empty list or map in a form (query: but for an empty list), nor for flattened ones in
        # XML.
        flat = bool(shape.serialization.get("flattened"))
        lost_in_form = self.form and (self.protocol == "ec2" or shape.type_name == "map" or flat)
        least = 1 if lost_in_form or (self.xml and flat) else 0
        return self.rng.randint(least, 2 if depth <= MAX_DEPTH else least)

    def list(self, shape: Any, depth: int) -> Any:
        count = self._count(shape, depth)
        items = [self.value(shape.member, depth + 1) for _ in range(count)]
        items = [item for item in items if item is not None]
        return items if items or not count else None

    def map(self, shape: Any, depth: int) -> Any:
        count = self._count(shape, depth)
        found = {}
        for _ in range(count):
            value = self.value(shape.value, depth + 1)
            if value is not None:
                found[self.text()] = value
        return found if found or not count else None

    def scalar(self, shape: Any, header: bool = False) -> Any:
        kind, rng = shape.type_name, self.rng
        if kind in ("integer", "long"):
            return rng.choice((0, 1, -1, 23, 24, 255, 256, 65536, -(2**31), 2**31 - 1, 2**40 if kind == "long" else 7))
        if kind in ("float", "double"):
            return rng.choice((0.0, 1.5, -2.25, 1e10, 0.5))  # CBOR's floats from botocore have 32 bits
        if kind == "boolean":
            return rng.random() < 0.5
        if kind == "blob":
            return rng.choice((b"x", b"\x00\xff", b"hello world", b""))
        if kind == "timestamp":
            return self.moment(shape, header)
        if shape.enum if kind == "string" else ():
            return rng.choice(shape.enum)
        return self.text()

    def moment(self, shape: Any, header: bool) -> datetime:
        seconds = self.rng.randint(0, 4_000_000_000)
        given = shape.serialization.get("timestampFormat", "rfc822" if header else "")
        # botocore's requests have whole seconds (before 1.41), and so has http-date
        micros = self.rng.choice((0, 123000, 987654)) if self.answer and given != "rfc822" else 0
        return EPOCH + timedelta(seconds=seconds, microseconds=micros)

    def text(self) -> str:
        """Control characters have no place in XML; botocore's own XML loses carriage returns."""
        return "".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(0, 3)))
