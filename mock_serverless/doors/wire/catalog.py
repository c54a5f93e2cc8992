"""botocore's services by what a request shows of them: endpoint prefix, signing name, X-Amz-Target.

Only the first kilobytes of each model are unpacked, where its metadata is: some 0.2 seconds for all 400, once in a
process and only when a request has to be identified at all.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

METADATA = re.compile(r'"metadata"\s*:\s*')
HEAD = 4096


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    endpoint_prefix: str
    signing_name: str
    target_prefix: str
    api_version: str
    protocols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Partition:
    name: str
    suffixes: tuple[str, ...]
    default_region: str
    region_pattern: re.Pattern[str]
    regions: frozenset[str]

    def has_region(self, label: str) -> bool:
        return label in self.regions or self.region_pattern.match(label) is not None


@dataclass(frozen=True, slots=True)
class Catalog:
    by_endpoint: dict[str, tuple[Service, ...]]
    by_signing_name: dict[str, tuple[Service, ...]]
    by_target: dict[str, tuple[Service, ...]]
    by_name: dict[str, Service]


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    loader = _loader()
    services = [_service(name, metadata) for name, metadata in _all_metadata(loader)]
    return Catalog(
        by_endpoint=_grouped(services, "endpoint_prefix"),
        by_signing_name=_grouped(services, "signing_name"),
        by_target=_grouped(services, "target_prefix"),
        by_name={service.name: service for service in services},
    )


@lru_cache(maxsize=64)
def service_model(name: str) -> Any:
    from botocore.model import ServiceModel

    return ServiceModel(_loader().load_service_model(name, "service-2"), service_name=name)


@lru_cache(maxsize=1)
def partitions() -> tuple[Partition, ...]:
    data = _loader().load_data("partitions")
    return tuple(
        Partition(
            name=entry["id"],
            suffixes=(entry["outputs"]["dualStackDnsSuffix"], entry["outputs"]["dnsSuffix"]),
            default_region=entry["outputs"]["implicitGlobalRegion"],
            region_pattern=re.compile(entry["regionRegex"]),
            regions=frozenset(region for region in entry["regions"] if not region.endswith("-global")),
        )
        for entry in data["partitions"]
    )


@lru_cache(maxsize=1)
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader()


def _all_metadata(loader: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in loader.list_available_services("service-2"):
        yield name, _metadata_head(loader, name) or loader.load_service_model(name, "service-2")["metadata"]


def _metadata_head(loader: Any, name: str) -> dict[str, Any] | None:
    version = loader.determine_latest_version(name, "service-2")
    for folder in loader.search_paths:
        path = os.path.join(folder, name, version, "service-2.json.gz")
        if not os.path.exists(path):
            continue
        with gzip.open(path) as file:
            head = file.read(HEAD).decode("utf-8", "ignore")
        start = METADATA.search(head)
        try:
            return json.JSONDecoder().raw_decode(head, start.end())[0] if start else None
        except ValueError:
            return None
    return None


def _service(name: str, metadata: dict[str, Any]) -> Service:
    prefix = metadata.get("endpointPrefix", name)
    return Service(
        name=name,
        endpoint_prefix=prefix,
        signing_name=metadata.get("signingName") or prefix,
        target_prefix=metadata.get("targetPrefix", ""),
        api_version=metadata.get("apiVersion", ""),
        protocols=tuple(dict.fromkeys((*metadata.get("protocols", ()), metadata.get("protocol", "")))),
    )


def _grouped(services: list[Service], key: str) -> dict[str, tuple[Service, ...]]:
    groups: dict[str, list[Service]] = {}
    for service in services:
        value = getattr(service, key)
        if value:
            groups.setdefault(value, []).append(service)
    return {value: tuple(members) for value, members in groups.items()}
