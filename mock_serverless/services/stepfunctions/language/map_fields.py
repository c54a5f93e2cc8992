"""What AWS refuses in the fields of a distributed Map: reader, batcher, writer, thresholds, label.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html and the pages of its fields. Which fields are
refused, and where, is reported by users of AWS; the wordings are guesses in the style of the recorded ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .definition import SCHEMA, Level, Problem
from .expressions import is_expression
from .fields import is_jsonata, required, unsupported

READERS = ("arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2")
WRITER = "arn:aws:states:::s3:putObject"
READER_CONFIG = frozenset({"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath",
                           "ItemsPointer", "ManifestType", "Transformation"})  # fmt: skip
BATCHER = frozenset(
    {"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", "BatchInput"}
)
CHOICES = {
    "InputType": ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "ManifestType": ("ATHENA_DATA", "S3_INVENTORY"),
    "OutputType": ("JSON", "JSONL"),
}
READ, WRITTEN = ("NONE", "LOAD_AND_FLATTEN"), ("NONE", "COMPACT", "FLATTEN")
LARGEST_BATCH = 262_144
_LABEL = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,40}")


def distributed(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """The fields of a Map state that belong to this mode."""
    if state.get("Type") != "Map":
        return
    arguments = "Arguments" if is_jsonata(level, state) else "Parameters"
    for field, rule in (("ItemReader", _reader), ("ItemBatcher", _batcher), ("ResultWriter", _writer)):
        if field in state:
            if isinstance(state[field], dict):
                yield from rule(f"{path}/{field}", state[field], arguments)
            else:
                yield Problem(SCHEMA, "Expected value of type [OBJECT]", f"{path}/{field}")
    label = state.get("Label", "Label")
    if not isinstance(label, str) or _LABEL.fullmatch(label) is None:
        yield Problem(
            SCHEMA, "Label must have 1 to 40 characters, without white space or special characters", f"{path}/Label"
        )
    yield from _numbers(path, state, {"ToleratedFailureCount": None, "ToleratedFailurePercentage": 100})


def _numbers(path: str, body: dict[str, Any], most: dict[str, int | None], least: int = 0) -> Iterator[Problem]:
    for field, limit in most.items():
        value = body.get(field, least)
        if is_expression(value):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < least:
            yield Problem(SCHEMA, f"Value must be a number of at least {least}", f"{path}/{field}")
        elif limit is not None and value > limit:
            yield Problem(SCHEMA, f"Maximum value is {limit}", f"{path}/{field}")


def _one_of(path: str, body: dict[str, Any], fields: dict[str, tuple[str, ...]]) -> Iterator[Problem]:
    for field, allowed in fields.items():
        if field in body and body[field] not in allowed:
            yield Problem(SCHEMA, f"Value should be one of the following: [{', '.join(allowed)}]", f"{path}/{field}")


def _reader(path: str, reader: dict[str, Any], arguments: str) -> Iterator[Problem]:
    yield from required(path, reader, ["Resource"])
    yield from unsupported(path, reader, frozenset({"Resource", "ReaderConfig", "Comment", arguments}))
    if "Resource" in reader and reader["Resource"] not in READERS:
        yield Problem(SCHEMA, f"The resource {reader['Resource']} is not supported by ItemReader", f"{path}/Resource")
    config = reader.get("ReaderConfig", {})
    if not isinstance(config, dict):
        yield Problem(SCHEMA, "Expected value of type [OBJECT]", f"{path}/ReaderConfig")
        return
    where = f"{path}/ReaderConfig"
    yield from unsupported(where, config, READER_CONFIG)
    yield from _one_of(where, config, {**CHOICES, "Transformation": READ})
    yield from _numbers(where, config, {"MaxItems": 100_000_000})
    headers = config.get("CSVHeaders", [])
    if not isinstance(headers, list) or not all(isinstance(h, str) for h in headers):
        yield Problem(SCHEMA, "Value must be an array of strings", f"{where}/CSVHeaders")
    elif config.get("CSVHeaderLocation") == "GIVEN" and not headers:
        yield from required(where, {}, ["CSVHeaders"])
    if config.get("InputType") == "CSV" and "CSVHeaderLocation" not in config:
        yield from required(where, {}, ["CSVHeaderLocation"])


def _batcher(path: str, batcher: dict[str, Any], arguments: str) -> Iterator[Problem]:
    yield from unsupported(path, batcher, BATCHER | {"Comment"})
    if not BATCHER - {"BatchInput"} & batcher.keys():
        ways = "[MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath]"
        yield Problem(SCHEMA, f"At least one of these fields is required: {ways}", path)
    for field in ("MaxItemsPerBatch", "MaxInputBytesPerBatch"):
        if field in batcher and field + "Path" in batcher:
            yield Problem(SCHEMA, f"Only one of these fields is allowed: [{field}, {field}Path]", path)
    given = {f: m for f, m in (("MaxItemsPerBatch", None), ("MaxInputBytesPerBatch", LARGEST_BATCH)) if f in batcher}
    yield from _numbers(path, batcher, given, 1)


def _writer(path: str, writer: dict[str, Any], arguments: str) -> Iterator[Problem]:
    yield from unsupported(path, writer, frozenset({"Resource", "WriterConfig", "Comment", arguments}))
    if "Resource" in writer:
        if writer["Resource"] != WRITER:
            message = f"The resource {writer['Resource']} is not supported by ResultWriter"
            yield Problem(SCHEMA, message, f"{path}/Resource")
        yield from required(path, writer, [arguments])
    elif "WriterConfig" not in writer:
        yield Problem(SCHEMA, "At least one of these fields is required: [Resource, WriterConfig]", path)
    config = writer.get("WriterConfig")
    if config is None:
        return
    if not isinstance(config, dict) or not {"Transformation", "OutputType"} <= config.keys():
        message = "These fields are required: [Transformation, OutputType]"
        yield Problem(SCHEMA, message, f"{path}/WriterConfig")
        return
    yield from unsupported(f"{path}/WriterConfig", config, frozenset({"Transformation", "OutputType"}))
    yield from _one_of(f"{path}/WriterConfig", config, {"OutputType": CHOICES["OutputType"], "Transformation": WRITTEN})


def express(path: str, state: dict[str, Any], type: str) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html, the wording is a guess."""
    for field in ("ItemProcessor", "Iterator"):
        processor = state.get(field)
        config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
        if type == "EXPRESS" and isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED":
            message = "Express state machine does not support Map states of mode DISTRIBUTED"
            yield Problem(SCHEMA, message, f"{path}/{field}/ProcessorConfig/Mode")
