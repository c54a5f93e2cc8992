"""Names that the fake and the reference make up: streams, shards, iterators, sequence numbers.

A call names one by a token (``<stream 0>``, the first that the scenario has seen). Each side puts its own in; in answers and
messages the tokens come back. The same happens to the names of tables: the reference remembers the streams of tables that are
gone, so there every scenario has its own.
"""

from __future__ import annotations

import re
from typing import Any

from .calls import TABLES

TOKEN = re.compile(r"<(\w+) (-?\d+)(?: (-?\d+))?>")
ARN = "arn:aws:dynamodb:us-east-1:123456789012:"
LOCAL_ARN = "arn:aws:dynamodb:ddblocal:000000000000:"
NAMED = {"StreamArn": "stream", "LatestStreamArn": "stream", "ExclusiveStartStreamArn": "stream"}
SEQUENCES = ("SequenceNumber", "EndingSequenceNumber")
UNIMPORTANT = {
    **dict.fromkeys(("eventID", "awsRegion", "ApproximateCreationDateTime", "CreationRequestDateTime"), "<there>"),
    **dict.fromkeys(("ShardIterator", "NextShardIterator"), "<iterator>"),
    "StartingSequenceNumber": "<there>",  # the reference counts the changes of all tables together
}


class Unknown(Exception):
    """A call names something which neither side has made up yet, or which is no longer compared."""


class Names:
    """What one side calls things in one scenario."""

    def __init__(self, suffix: str = "", arn: str = ARN) -> None:
        self.suffix = suffix
        self.arn = arn
        self.streams: list[str] = []
        self.shards: dict[str, list[str]] = {}  # of a stream
        self.records: dict[str, list[str]] = {}  # sequence numbers seen in a stream
        self.iterators: list[str] = []
        self.spoilt: set[str] = set()
        """Tables whose streams are no longer compared."""

    # Into a call

    def actual(self, value: Any) -> Any:
        """A parameter as this side knows it. Raises Unknown."""
        if isinstance(value, dict):
            return {self.actual(name): self.actual(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.actual(member) for member in value]
        if not isinstance(value, str):
            return value
        if value in TABLES:
            return value + self.suffix
        token = TOKEN.fullmatch(value)
        if token is not None:
            return self._named(token[1], int(token[2]), int(token[3] or -1))
        if value.startswith(ARN):
            rest = value.removeprefix(ARN)
            return self.arn + re.sub("|".join(TABLES), lambda found: found[0] + self.suffix, rest)
        return value

    def _named(self, kind: str, first: int, second: int) -> str:
        if kind == "iterator":
            found = _one(self.iterators, first)
            stream = stream_in(found)
        else:
            found = stream = _one(self.streams, first)
        if self.table_of(stream) in self.spoilt:
            raise Unknown
        if kind == "shard":
            return _one(self.shards.get(stream, []), second)
        return _one(self.records.get(stream, []), second) if kind == "record" else found

    def table_of(self, stream: str) -> str:
        """The name, without suffix, of a stream's table."""
        return stream.partition(":table/")[2].partition("/")[0].removesuffix(self.suffix)

    # Out of an answer

    def canonical(self, value: Any, sent: dict[str, Any]) -> Any:
        """An answer with tokens for what this side has made up."""
        self._learn(value, sent)
        found = value.get("StreamDescription", {}).get("StreamArn") or stream_in(sent.get("ShardIterator", ""))
        return self._told(value, "", self.records.get(found, []))

    def _learn(self, answer: dict[str, Any], sent: dict[str, Any]) -> None:
        description = answer.get("StreamDescription") or answer.get("TableDescription") or answer.get("Table") or {}
        found = description.get("StreamArn") or description.get("LatestStreamArn")
        if found is not None and found not in self.streams:
            self.streams.append(found)
        if "Shards" in description:
            known = self.shards.setdefault(found, [])
            known += [s["ShardId"] for s in description["Shards"] if s["ShardId"] not in known]
        for name in ("ShardIterator", "NextShardIterator"):
            if name in answer:
                self.iterators.append(answer[name])
        if "Records" in answer:
            known = self.records.setdefault(stream_in(sent["ShardIterator"]), [])
            numbers = [record["dynamodb"]["SequenceNumber"] for record in answer["Records"]]
            known += [number for number in numbers if number not in known]

    def _told(self, value: Any, name: str, records: list[str]) -> Any:
        if isinstance(value, dict):
            return {self.text(member): self._told(value[member], member, records) for member in value}
        if isinstance(value, list):
            return [self._told(member, name, records) for member in value]
        if name in UNIMPORTANT:
            return UNIMPORTANT[name]
        if name in SEQUENCES:
            return f"<record {records.index(value)}>" if value in records else "<unseen>"
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        """A text of an answer, or a message, with tokens for what this side has made up."""
        for position, stream in enumerate(self.streams):
            label = stream.rpartition("/")[2]
            text = text.replace(stream, f"<stream {position}>").replace(label, f"<label {position}>")
            for number, shard in enumerate(self.shards.get(stream, ())):
                text = text.replace(shard, f"<shard {position} {number}>")
        if self.suffix:
            text = text.replace(self.suffix, "")
        return text.replace(self.arn, ARN)


def stream_in(iterator: str) -> str:
    """The ARN of the stream which an iterator is of."""
    found = re.search(r"arn:[^|]*", iterator)
    return found[0] if found else ""


def _one(known: list[str], position: int) -> str:
    if not known:
        raise Unknown
    return known[position % len(known)]
