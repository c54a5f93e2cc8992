"""The Amazon States Language: https://states-language.net/ as AWS Step Functions speaks it.

Knows no cloud, no clock and no botocore; usable and tested alone::

    validate(text) -> problems          what AWS would refuse, in its words
    warnings(text) -> problems          what it would warn of
    parse(text) -> definition           the JSON, which is interpreted as it is
    await run(definition, Document(text="{}"), env, context={...}) -> Outcome

A way through the files: interpreter.py (the loop), states.py and lines.py (the states), jsonpath.py (the way of the data),
retries.py; values.py, paths.py, intrinsics.py and functions.py (expressions), choice.py (operators); environment.py is what
a run wants of the world.
"""

from . import lines  # the states Parallel and Map register themselves
from .definition import Problem, parse
from .document import Document
from .environment import Environment, MapRunRequest, TaskRequest
from .errors import StateError, Timeout
from .interpreter import Outcome, Resumption, run
from .positions import Position
from .validation import validate
from .values import fill
from .warning_codes import warnings

__all__ = [
    "Document",
    "Environment",
    "MapRunRequest",
    "Outcome",
    "Position",
    "Problem",
    "Resumption",
    "StateError",
    "TaskRequest",
    "Timeout",
    "fill",
    "lines",
    "parse",
    "run",
    "validate",
    "warnings",
]
