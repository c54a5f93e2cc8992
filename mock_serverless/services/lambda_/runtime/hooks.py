"""SnapStart's runtime hooks: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html

Which functions they are says the package ``snapshot_restore_py``, which AWS's runtime has and a deployment package brings.
"""

from __future__ import annotations

import importlib
from typing import Any


def before_snapshot() -> None:
    """Run those before the snapshot, the last one registered first."""
    for function, args, kwargs in reversed(_registered("get_before_snapshot")):
        function(*args, **kwargs)


def after_restore() -> None:
    """Run those after the restore, in the order in which they were registered."""
    for function, args, kwargs in _registered("get_after_restore"):
        function(*args, **kwargs)


def _registered(name: str) -> list[Any]:
    try:
        hooks = importlib.import_module("snapshot_restore_py")
    except ImportError:  # the function has no hooks then
        return []
    return list(getattr(hooks, name)())
