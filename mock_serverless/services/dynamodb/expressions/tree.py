"""What the parser gives: the nodes of an expression, without its placeholders' meaning.

A path part is a name (``"a"``), a name placeholder (``"#a"``, which no plain name looks like) or a list index (``3``).
Parentheses leave no trace but structure: ``a AND b AND c`` is one ``And`` of three, ``(a AND b) AND c`` an ``And`` in one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """``a.#b[3]``"""

    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """``:v``, a value placeholder"""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """``size(a)``"""

    name: str
    arguments: tuple[Operand, ...]


Operand = Path | Ref | Call


@dataclass(frozen=True, slots=True)
class Comparison:
    """``a <= :v``"""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """``a BETWEEN :v AND b``"""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """``a IN (:v, b)``"""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT condition``"""

    operand: Condition


@dataclass(frozen=True, slots=True)
class And:
    """``condition AND condition AND ...``"""

    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """``condition OR condition OR ...``"""

    operands: tuple[Condition, ...]


Condition = Comparison | Between | In | Call | Not | And | Or


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``a + :v``, only as the whole right side of a SET"""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an update: ``path = value`` (SET), ``path`` (REMOVE), ``path :v`` (ADD, DELETE)"""

    path: Path
    value: Operand | Arithmetic | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """``SET action, action``"""

    keyword: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """A whole update expression"""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Projection:
    """A whole projection expression"""

    paths: tuple[Path, ...]


Tree = Comparison | Between | In | Call | Not | And | Or | Path | Ref | Arithmetic | Update | Projection
