"""PartiQL as DynamoDB has it: SELECT, INSERT, UPDATE, DELETE and EXISTS over one table or index.

::

    plan = plan_of(text)                    what a statement says, kept by text; AwsError in the service's words
    check_parameters(plan, parameters)      are there enough of them
    plan.where.bound(parameters)            its condition: item -> bool
    plan.bound(parameters)                  an UPDATE's update;  plan.item(parameters): an INSERT's item
    parse(text), unparse(tree)              the tree alone, and its text

A text goes through these files, in this order::

    lexer.py          tokens; keywords.py: what is a keyword or an operator
    parser.py         expressions; grammar.py: statements, of tree.py's nodes
    planner.py        what a statement says; changes.py: an UPDATE's part of it
    translation.py    conditions and values of updates in terms of ``..expressions``; literals.py: values
    plans.py          bound to parameters; parameters.py reads those

``..expressions`` checks and evaluates what comes out: both APIs agree because they are one. errors.py has the wordings of
refusals, names.py what they call a node, printer.py writes a tree. Knows values and AwsError; no table, no clock, no cloud.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from . import parameters
from .grammar import parse
from .lexer import StatementSyntaxError
from .planner import plan_of
from .plans import DeletePlan, InsertPlan, Plan, SelectPlan, Unnested, UpdatePlan, Where, check_parameters
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
