"""What AWS refuses in the fields of a distributed Map: reader, batcher, writer, thresholds, label.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html and the pages of its fields. Messages about
numbers, readers and modes were measured by users of AWS (https://github.com/floci-io/floci/issues/3733;
https://github.com/badmintoncryer/cdk-preflight, rules pf-sfn-asl-map-distributed, pf-sfn-express-unsupported); the others are
guesses in their style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .definition import SCHEMA, Level, Problem
from .expressions import is_expression
from .fields import is_jsonata, number, only_one, required, unsupported, whole
from .path_fields import references

READER = re.compile(r"arn:[^:]+:states:::s3:(getObject|listObjectsV2)")
WRITER = re.compile(r"arn:[^:]+:states:::s3:putObject")
NOT_ALLOWED = "The field 'Resource' does not match any of the allowed values"
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
_LABEL = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+")


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
        message = f"Invalid Label name: {label}. Label contains invalid characters"
        yield Problem("INVALID_LABEL_NAME", message, f"{path}/Label")
    percentage = state.get("ToleratedFailurePercentage")
    if percentage is not None and not (is_jsonata(level, state) and is_expression(percentage)):
        yield from number(f"{path}/ToleratedFailurePercentage", percentage, 0.0, 100.0)


def _numbers(path: str, body: dict[str, Any], most: dict[str, int | None], jsonata: bool) -> Iterator[Problem]:
    """Whole numbers from 0, each by itself or by a path."""
    for field, limit in most.items():
        if jsonata and field + "Path" in body:
            only = f"field '{field}Path' is only supported for the 'JSONPath' QueryLanguage"
            yield Problem(SCHEMA, f"The QueryLanguage is set to 'JSONata', but {only}", path)
        elif field in body and field + "Path" in body:
            yield Problem(SCHEMA, only_one((field, field + "Path")), path)
        if field in body and not (jsonata and is_expression(body[field])):
            yield from whole(f"{path}/{field}", body[field], 0, limit)
        if not jsonata:
            yield from references(path, body, (field + "Path",))


def _one_of(path: str, body: dict[str, Any], fields: dict[str, tuple[str, ...]]) -> Iterator[Problem]:
    for field, allowed in fields.items():
        if field in body and body[field] not in allowed:
            yield Problem(SCHEMA, f"Value should be one of the following: [{', '.join(allowed)}]", f"{path}/{field}")


def _reader(path: str, reader: dict[str, Any], arguments: str) -> Iterator[Problem]:
    yield from required(path, reader, ["Resource"])
    yield from unsupported(path, reader, frozenset({"Resource", "ReaderConfig", "Comment", arguments}))
    if "Resource" in reader and READER.fullmatch(str(reader["Resource"])) is None:
        yield Problem(SCHEMA, NOT_ALLOWED, f"{path}/Resource")
    config = reader.get("ReaderConfig", {})
    if not isinstance(config, dict):
        yield Problem(SCHEMA, "Expected value of type [OBJECT]", f"{path}/ReaderConfig")
        return
    where = f"{path}/ReaderConfig"
    yield from unsupported(where, config, READER_CONFIG)
    yield from _one_of(where, config, {**CHOICES, "Transformation": READ})
    yield from _numbers(where, config, {"MaxItems": 100_000_000}, arguments == "Arguments")
    headers = config.get("CSVHeaders", [])
    if not isinstance(headers, list):
        yield Problem(SCHEMA, "Expected value of type [ARRAY]", f"{where}/CSVHeaders")
    elif not all(isinstance(h, str) for h in headers):
        yield Problem(SCHEMA, "Expected value of type [STRING]", f"{where}/CSVHeaders")
    if config.get("CSVHeaderLocation") == "GIVEN":
        yield from required(where, config, ["CSVHeaders"])
    if config.get("InputType") == "CSV" and "CSVHeaderLocation" not in config:
        yield Problem(SCHEMA, "The field 'CSVHeaderLocation' is required", where)
    if config.get("InputType") == "JSON" and "CSVHeaderLocation" in config:
        yield Problem(SCHEMA, "Field 'CSVHeaderLocation' is not supported", where)


def _batcher(path: str, batcher: dict[str, Any], arguments: str) -> Iterator[Problem]:
    yield from unsupported(path, batcher, BATCHER | {"Comment"})
    if not BATCHER - {"BatchInput"} & batcher.keys():
        ways = "[MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath]"
        yield Problem(SCHEMA, f"At least one of these fields is required: {ways}", path)
    limits = {"MaxItemsPerBatch": None, "MaxInputBytesPerBatch": LARGEST_BATCH}
    yield from _numbers(path, batcher, limits, arguments == "Arguments")


def _writer(path: str, writer: dict[str, Any], arguments: str) -> Iterator[Problem]:
    yield from unsupported(path, writer, frozenset({"Resource", "WriterConfig", "Comment", arguments}))
    if "Resource" in writer:
        if WRITER.fullmatch(str(writer["Resource"])) is None:
            yield Problem(SCHEMA, NOT_ALLOWED, f"{path}/Resource")
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
    """https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html"""
    for field in ("ItemProcessor", "Iterator"):
        processor = state.get(field)
        config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
        if type == "EXPRESS" and isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED":
            message = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines"
            yield Problem(SCHEMA, message, f"{path}/{field}/ProcessorConfig/Mode")
