"""PartiQL as DynamoDB has it: SELECT, INSERT, UPDATE, DELETE and EXISTS over one table or index.

::

    plan = plan_of(text)                    what a statement says, kept by text; AwsError in the service's words
    check_parameters(plan, parameters)      are there enough of them
    plan.where.bound(parameters)            its condition: item -> bool
    plan.bound(parameters)                  an UPDATE's update;  plan.item(parameters): an INSERT's item
    parse(text), unparse(tree)              the tree alone, and its text

A text goes through lexer and parser (grammar.py has the statements, parser.py what they are made of, tree.py the nodes), then its
conditions and updates are translated into those of ``..expressions``, which check and evaluate them: both APIs agree because they
are one. Knows values and AwsError; no table, no clock, no cloud.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from . import parameters
from .grammar import parse
from .lexer import StatementSyntaxError
from .plans import DeletePlan, InsertPlan, Plan, SelectPlan, Unnested, UpdatePlan, Where, check_parameters, plan_of
from .printer import unparse

__all__ = [
    "DeletePlan",
    "InsertPlan",
    "Plan",
    "SelectPlan",
    "StatementSyntaxError",
    "Unnested",
    "UpdatePlan",
    "Where",
    "check_parameters",
    "parameters",
    "parse",
    "plan_of",
    "unparse",
]
