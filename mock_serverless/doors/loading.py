"""botocore's data files are read once in the process, however many sessions there are.

Every loader has a cache of its own, and every test that makes its first client inside a mock has a new default session, so
that without this each of them would parse the service's model again (30 to 100 ms). While a cloud is open, loaders that read
the same folders in the same way share one cache. botocore shares what it has loaded among a session's clients likewise.
"""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader

_shared: dict[tuple[Any, ...], dict[Any, Any]] = {}


def _cache_of(loader: Any) -> dict[Any, Any]:
    key = (type(loader.file_loader), *loader._extras_types, *loader._search_paths)
    found = _shared.get(key)
    return _shared.setdefault(key, {}) if found is None else found


def _keep_own(loader: Any, cache: dict[Any, Any]) -> None:
    vars(loader)["_cache"] = cache  # which it goes on with when no cloud is open


def install() -> None:
    """Share the caches."""
    Loader._cache = property(_cache_of, _keep_own)


def uninstall() -> None:
    """Each loader has its own again."""
    del Loader._cache
