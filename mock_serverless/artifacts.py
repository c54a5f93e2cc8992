"""What ``pytest --cloud-artifacts=DIR`` writes of a failing test: a picture and the story of each execution in its clouds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MOST = 20
"""Executions of one test; the last ones."""


def write(directory: str, test: str, states: Iterable[Any]) -> list[Path]:
    """Write the executions of these states of Step Functions as ``<test>/<machine>-<execution>.svg`` and ``.txt``."""
    from .services.stepfunctions.results import result_of

    executions = [execution for state in states for execution in state.executions.values()]
    folder = Path(directory, _plain(test))
    written = []
    for execution in executions[-MOST:]:
        folder.mkdir(parents=True, exist_ok=True)
        result = result_of(execution)
        name = _plain(f"{result.machine}-{result.name}")
        for ending, text in ((".svg", result.svg()), (".txt", result.explain() + "\n")):
            written.append(folder / (name + ending))
            written[-1].write_text(text, encoding="utf-8")
    return written


def _plain(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_")[:120]
