"""Hypothesis strategies for calls on streams: lists, descriptions, iterators of all types, records page by page."""

from __future__ import annotations

from typing import Any

from .calls import Call, Caller

TYPES = ("TRIM_HORIZON", "TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
SEQUENCED = TYPES[3:]
NO_SHARD = "shardId-00000001414592258131-53f0d0cd"
NO_STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/tab-one/stream/2024-11-18T14:36:44.149"
ODD_SEQUENCES = ("1", "0" * 21, "x" * 21, "000000000000000000001")


def list_streams(caller: Caller) -> list[Call]:
    """The streams of a table, maybe in pages of one or two."""
    request: dict[str, Any] = {"TableName": caller.name(caller.table())}
    if caller.often(2):
        request["Limit"] = caller.one(0, 101) if caller.slip(6) else caller.one(1, 2, 100)
    return [("ListStreams", request)]


def read_stream(caller: Caller) -> list[Call]:
    """A stream described, an iterator, and some pages of records."""
    number = caller.one(0, 1, 2)
    stream, shard = f"<stream {number}>", f"<shard {number} -1>"
    calls: list[Call] = [("DescribeStream", _described(caller, stream)), ("DescribeStream", {"StreamArn": stream})]
    kind = "ANY" if caller.slip(20) else caller.one(*TYPES)
    request: dict[str, Any] = {
        "StreamArn": NO_STREAM if caller.slip(20) else stream,
        "ShardId": NO_SHARD if caller.slip(20) else shard,
        "ShardIteratorType": kind,
    }
    if (kind in SEQUENCED) != caller.slip(8):
        request["SequenceNumber"] = (
            caller.one(*ODD_SEQUENCES) if caller.slip(8) else f"<record {number} {caller.one(0, 1, -1)}>"
        )
    calls.append(("GetShardIterator", request))
    calls += [records(caller, -1) for _ in range(caller.one(1, 2, 3))]
    return calls


def _described(caller: Caller, stream: str) -> dict[str, Any]:
    request: dict[str, Any] = {"StreamArn": stream}
    if caller.slip(10):
        request["Limit"] = caller.one(0, 101)
    if caller.slip(10):
        request["StreamArn"] = NO_STREAM
    return request


def records(caller: Caller, number: int) -> Call:
    """The next page of an iterator that is there."""
    request: dict[str, Any] = {"ShardIterator": "x" if caller.slip(30) else f"<iterator {number}>"}
    if caller.often(2):
        request["Limit"] = caller.one(0, 1001) if caller.slip(10) else caller.one(1, 2, 3, 1000)
    return "GetRecords", request


def read_on(caller: Caller) -> list[Call]:
    """A page from an iterator that has been given before."""
    return [records(caller, caller.one(0, 1, 2, 3, -1))]
