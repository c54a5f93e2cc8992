"""Which states, choices, catchers and retriers of which definitions have been gone through: ``pytest --asl-cov``.

While :data:`collecting` holds a coverage, executions write into it as they go, so that no rollback of a cloud takes it away
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .language import Problem, parse
from .language.definition import levels

KINDS = ("states", "choices", "catchers", "retriers")
FIELDS = {"Choices": "choices", "Default": "choices", "Catch": "catchers", "Retry": "retriers"}
SHOWN = 6
"""So many of what is missing are named in a row."""


@dataclass(slots=True)
class Definition:
    """One definition: the names of the machines that had it, and what was gone through, as ``state`` or ``state: way``."""

    names: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Coverage:
    """By the definition's text."""

    definitions: dict[str, Definition] = field(default_factory=dict)

    def created(self, machine: str, definition: str) -> None:
        """A machine has this definition."""
        self.definitions.setdefault(definition, Definition()).names.add(machine)

    def entered(self, machine: str, definition: str, state: str) -> None:
        """A state was entered."""
        self.created(machine, definition)
        self.definitions[definition].seen.add(state)

    def took(self, definition: str, state: str, way: str) -> None:
        """One of the ways out of a state, or back into it, was taken: ``Choices[0]``, ``Default``, ``Catch[1]``,
        ``Retry[0]``."""
        self.definitions.setdefault(definition, Definition()).seen.add(f"{state}: {way}")

    # ------------------------------------------------------------------ from one process to another

    def data(self) -> list[tuple[str, list[str], list[str]]]:
        """All of it, as plain data."""
        return [(text, sorted(d.names), sorted(d.seen)) for text, d in self.definitions.items()]

    def add(self, data: list[Any]) -> None:
        """What another process has collected."""
        for text, names, seen in data:
            there = self.definitions.setdefault(text, Definition())
            there.names |= set(names)
            there.seen |= set(seen)

    # ------------------------------------------------------------------ the report

    def rows(self) -> Iterator[Row]:
        """One row for each definition, in the order of names."""
        for text, found in sorted(self.definitions.items(), key=lambda entry: (sorted(entry[1].names), entry[0])):
            possible = dict(_possible(text))
            if possible:
                yield Row(", ".join(sorted(found.names)) or "?", possible, found.seen)


@dataclass(frozen=True, slots=True)
class Row:
    """One definition: everything in it with its kind, and what was gone through."""

    name: str
    possible: dict[str, str]
    seen: set[str]

    def count(self, kind: str) -> tuple[int, int]:
        """How many of a kind were gone through, and how many there are."""
        all_of_kind = [what for what, of in self.possible.items() if of == kind]
        return sum(what in self.seen for what in all_of_kind), len(all_of_kind)

    @property
    def missing(self) -> list[str]:
        """What was never gone through, in the order of the definition; of a state that was never entered just the name."""
        left = [what for what in self.possible if what not in self.seen]
        return [what for what in left if what.partition(": ")[0] not in left or ": " not in what]


def _possible(text: str) -> Iterator[tuple[str, str]]:
    definition = parse(text)
    if isinstance(definition, Problem):
        return
    for level in levels(definition):
        for _, name, state in level.states():
            yield name, "states"
            for member, kind in FIELDS.items():
                if member == "Default" and member in state:
                    yield f"{name}: {member}", kind
                elif member != "Default":
                    for number in range(len(state.get(member) or ())):
                        yield f"{name}: {member}[{number}]", kind


def report(coverage: Coverage) -> Iterator[str]:
    """The rows as a table, with a total."""
    rows = list(coverage.rows())
    width = max([len(row.name) for row in rows] + [12])
    yield f"{'Definition':{width}}" + "".join(f"{kind.capitalize():>12}" for kind in KINDS) + "   Missing"
    totals = {kind: [0, 0] for kind in KINDS}
    for row in rows:
        cells = ""
        for kind in KINDS:
            done, there = row.count(kind)
            totals[kind][0] += done
            totals[kind][1] += there
            cells += f"{f'{done}/{there}' if there else '':>12}"
        missing = row.missing
        more = f" ... and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        yield f"{row.name:{width}}{cells}   {', '.join(missing[:SHOWN])}{more}".rstrip()
    cells = "".join(f"{f'{done}/{there}' if there else '':>12}" for done, there in totals.values())
    done, there = (sum(numbers) for numbers in zip(*totals.values(), strict=True))
    yield f"{'Total':{width}}{cells}   {100 * done // there if there else 100} %"


collecting: Coverage | None = None
"""What is collected into; None while nobody asks."""
