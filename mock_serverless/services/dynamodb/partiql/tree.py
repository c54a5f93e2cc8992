"""What the parser gives: the nodes of a statement. ``at`` is where a node stands; all places are equal, so that they
play no part in comparing trees.

Parentheses leave no trace but structure. A path's ``.name`` and ``['name']`` are the same. ``NOT IN`` and its like are a ``NOT``
around what they negate; ``!=`` is ``<>``.
"""

from __future__ import annotations

from dataclasses import dataclass

from .lexer import NOWHERE, At


@dataclass(frozen=True, slots=True)
class Name:
    """``a`` or ``"a"``"""

    text: str
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Literal:
    """``kind``: STRING, INT, DECIMAL, BOOL, NULL, or ION for text between backticks. ``text`` of BOOL is true or false."""

    kind: str
    text: str
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Missing:
    """``MISSING``"""

    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Parameter:
    """``?``, counted from 1"""

    position: int
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Wild:
    """``[*]`` or ``.*`` in a path"""

    sign: str
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Path:
    """``a.b[3]``; a step ``.b`` is the literal string"""

    root: Expression
    steps: tuple[Step, ...]
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Call:
    """``size(a)``; the name in lower case"""

    name: str
    arguments: tuple[Expression, ...]
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``COUNT(*)`` (no argument), ``SUM(DISTINCT a)``"""

    name: str
    argument: Expression | None
    distinct: bool
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Prefix:
    """``NOT a``, ``-a``, ``+a``, ``@a``"""

    operator: str
    operand: Expression
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Infix:
    """``a + b``, ``a AND b``, ``a IN b``, ``a UNION b``"""

    operator: str
    left: Expression
    right: Expression
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Between:
    """``a BETWEEN b AND c``"""

    operand: Expression
    low: Expression
    high: Expression
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Like:
    """``a LIKE b ESCAPE c``"""

    operand: Expression
    pattern: Expression
    escape: Expression | None
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class IsType:
    """``a IS MISSING``"""

    operand: Expression
    type: str
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Sequence:
    """``[a, b]`` (kind ``list``) or ``<<a, b>>`` (kind ``bag``)"""

    kind: str
    values: tuple[Expression, ...]
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Struct:
    """``{'a': 1}``"""

    fields: tuple[tuple[Expression, Expression], ...]
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a select list: an expression, perhaps with an alias; ``all``: ``a.*``"""

    expression: Expression
    alias: str | None = None
    all: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What stands behind FROM or UPDATE; ``kind`` is ``unpivot`` or ``join`` where it is no single table."""

    expression: Expression
    alias: str | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """``a DESC``"""

    expression: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Select:
    """``items`` is None for ``*``; ``kind`` is ``value`` for SELECT VALUE"""

    items: tuple[Item, ...] | None
    source: Source
    where: Expression | None = None
    order: tuple[Order, ...] = ()
    group: tuple[Expression, ...] = ()
    having: Expression | None = None
    limit: Expression | None = None
    offset: Expression | None = None
    distinct: bool = False
    kind: str = ""
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Assignment:
    """``SET a = b``"""

    target: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Removal:
    """``REMOVE a``"""

    target: Expression


@dataclass(frozen=True, slots=True)
class Returning:
    """``ALL OLD *``; ``column`` is None for ``*``"""

    what: str
    column: Expression | None


@dataclass(frozen=True, slots=True)
class Insert:
    """``INSERT INTO t VALUE {...}``; ``many``: without VALUE; ``clause``: AT or ON CONFLICT, which DynamoDB has not"""

    target: Expression
    value: Expression
    returning: tuple[Returning, ...] = ()
    many: bool = False
    clause: str = ""
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Update:
    """``UPDATE t SET ... WHERE ...`` or ``FROM t WHERE ... SET ...``; a bare ``SET`` has no source"""

    source: Source | None
    operations: tuple[Operation, ...]
    where: Expression | None = None
    returning: tuple[Returning, ...] = ()
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Delete:
    """``DELETE FROM t WHERE ...``"""

    source: Source
    where: Expression | None = None
    returning: tuple[Returning, ...] = ()
    at: At = NOWHERE


@dataclass(frozen=True, slots=True)
class Definition:
    """``CREATE TABLE t`` and its like, which DynamoDB has not: only its name"""

    name: str
    target: str


Expression = (
    Name
    | Literal
    | Missing
    | Parameter
    | Path
    | Call
    | Aggregate
    | Prefix
    | Infix
    | Between
    | Like
    | IsType
    | Sequence
    | Struct
    | Select
)
Step = Expression | Wild
Operation = Assignment | Removal | Insert
Manipulation = Insert | Update | Delete
Statement = Expression | Manipulation | Definition
