"""Distributed Map: one child execution for every item or batch of items, by a map run that the world does.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html. Here its fields become a
:class:`~.environment.MapRunRequest`; which events come when is recorded.
"""

from __future__ import annotations

from typing import Any

from . import queries
from .document import Document
from .environment import MapRunRequest
from .retries import Next
from .visits import Visit

BATCHER = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")


def is_distributed(state: dict[str, Any]) -> bool:
    """Is it a Map state in this mode?"""
    config = processor_of(state).get("ProcessorConfig")
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"


def processor_of(state: dict[str, Any]) -> dict[str, Any]:
    """The states of a Map state, by their new name or the old one."""
    processor: dict[str, Any] = state.get("ItemProcessor") or state["Iterator"]
    return processor


async def run(visit: Visit) -> Next:
    """One attempt of the state."""
    branch, env, state = visit.branch, visit.branch.run.env, visit.state
    query = queries.of(visit)
    data = query.before(visit)
    items = None if "ItemReader" in state else query.items(visit, data)
    resumed, visit.resumed = visit.resumed, None
    started = branch.emit("MapStateStarted", {"length": len(items or ())}) if resumed is None else 0
    request = _request(visit, data, items)
    visit.attempted = True
    result = await env.map_run(request, resumed.map_run if resumed is not None else None)
    env.emit("MapStateSucceeded", {}, branch.last)
    # recorded: the exit comes after the run's success, but for a state whose start is event 5, in each of seven recordings
    if started == 5:
        branch.last = 6
    output, assigned = query.after(visit, result)
    return state.get("Next"), visit.leave(output, assigned)


def _request(visit: Visit, data: Document, items: list[Any] | None) -> MapRunRequest:
    state, query = visit.state, queries.of(visit)
    processor = processor_of(state)
    return MapRunRequest(
        state=visit.name,
        label=state.get("Label"),
        processor={"QueryLanguage": visit.branch.run.query_language, **processor},
        execution_type=processor["ProcessorConfig"].get("ExecutionType", "STANDARD"),
        items=items,
        reader=_reader(visit, data),
        batcher=_batcher(visit, data),
        writer=_writer(visit, data),
        concurrency=query.count(visit, "MaxConcurrency", data) or 0,
        tolerated_count=query.count(visit, "ToleratedFailureCount", data),
        tolerated_percentage=query.percentage(visit, "ToleratedFailurePercentage", data),
        select=lambda item, whole: _item(visit, data, item, whole),
        emit=visit.branch.emit,
        opened=lambda arn: setattr(visit, "map_run", arn),
    )


def _item(visit: Visit, data: Document, item: dict[str, Any], whole: Any) -> Document:
    if "ItemSelector" in visit.state or "Parameters" in visit.state:
        return queries.of(visit).item_data(visit, data, item)
    return Document(whole)


def _reader(visit: Visit, data: Document) -> dict[str, Any] | None:
    reader = visit.state.get("ItemReader")
    if reader is None:
        return None
    query = queries.of(visit)
    config = dict(reader.get("ReaderConfig", {}))
    config["MaxItems"] = query.setting(visit, config, "ItemReader/ReaderConfig", "MaxItems", data)
    return {
        "Resource": reader["Resource"],
        "Arguments": query.arguments(visit, reader, "ItemReader", data),
        "ReaderConfig": config,
    }


def _batcher(visit: Visit, data: Document) -> dict[str, Any] | None:
    batcher = visit.state.get("ItemBatcher")
    if batcher is None:
        return None
    query = queries.of(visit)
    found = {name: query.setting(visit, batcher, "ItemBatcher", name, data) for name in BATCHER}
    return {**found, "BatchInput": query.part(visit, batcher, "ItemBatcher", "BatchInput", data)}


def _writer(visit: Visit, data: Document) -> dict[str, Any] | None:
    writer = visit.state.get("ResultWriter")
    if writer is None:
        return None
    arguments = queries.of(visit).arguments(visit, writer, "ResultWriter", data)
    return {"Resource": writer.get("Resource"), "Arguments": arguments, "WriterConfig": writer.get("WriterConfig")}
