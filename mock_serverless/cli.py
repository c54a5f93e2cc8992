"""The command ``mock-serverless``, also ``python -m mock_serverless``.

    mock-serverless demo                             an app on four services, run through in virtual time, told as a timeline
    mock-serverless coverage [service] [--markdown]  the operations that are implemented, out of botocore's
    mock-serverless asl validate|run|draw FILE       a state machine's definition, see asl.py

Exit status: 0 all is well, 1 the demo went wrong, 2 the command was not understood.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence

from . import asl

COMMANDS = ("demo", "coverage", "asl")
PAGE_WIDTH = 118


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    if not given:
        parser.print_help()
        return 2
    if not given[0].startswith("-") and given[0] not in COMMANDS:
        return _not_understood(parser, given[0])
    options = parser.parse_args(given)
    try:
        if options.command == "demo":
            return demo()
        if options.command == "asl":
            return asl.main(options)
        return coverage(options.service, options.markdown)
    except BrokenPipeError:  # what reads our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    from . import __version__

    parser = argparse.ArgumentParser(
        prog="mock-serverless",
        description="AWS's serverless services in one Python process, for unit tests.",
        epilog="In a test: the pytest fixture `cloud`, or `from mock_serverless import mock_cloud`.",
    )
    parser.add_argument("--version", action="version", version=f"mock_serverless {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("demo", help="an app on four services, run through in virtual time, told as a timeline")
    told = commands.add_parser("coverage", help="the operations that are implemented, out of botocore's")
    told.add_argument("service", nargs="?", help="one service as boto3 names it: each of its operations by name")
    told.add_argument("--markdown", action="store_true", help="the implemented operations of all services, as a page")
    asl.add_commands(commands)
    return parser


def _not_understood(parser: argparse.ArgumentParser, word: str) -> int:
    from .core.errors import near_misses

    print(f"mock-serverless: there is no command {word!r}.{near_misses(word, COMMANDS)}\n", file=sys.stderr)
    parser.print_help(sys.stderr)
    return 2


# ---------------------------------------------------------------------- demo


def demo() -> int:
    """The app of demo.py, told as a timeline."""
    from .demo import run

    start = time.perf_counter()
    last = ""
    for last in run():
        print(last, flush=True)
    print(
        f"\nTen days in {time.perf_counter() - start:.2f} s, and no call left this process. The app: mock_serverless/demo.py"
    )
    return 0 if '"CLOSED"' in last else 1


# ---------------------------------------------------------------------- coverage


def coverage(service: str | None, markdown: bool = False) -> int:
    """Computed from what is registered: nothing here knows a service by name."""
    from .core.errors import NotSupported

    try:
        lines = _one(service) if service else _page() if markdown else _all()
    except NotSupported as e:
        print(f"{e}\n`mock-serverless coverage` lists the services.", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


def _all() -> Iterator[str]:
    from .core.operation import implemented, operation_names, services

    total = 0
    for name in services():
        there, of_all = len(implemented(name)), len(operation_names(name))
        total += there
        yield f"{name:24} {there:4} of {of_all:4}  {100 * there // of_all:3} %"
    yield f"{'in all':24} {total:4}"
    yield "\nEach by name: mock-serverless coverage <service>. Every other operation of AWS's can be stubbed: cloud.stub(...)"


def _one(service: str) -> list[str]:
    from .core.operation import ALIASES, implemented, operation_names

    service = ALIASES.get(service, service)
    names = sorted(operation_names(service).values())
    there = implemented(service)
    lines = [f"{'x' if name in there else ' '} {name}" for name in names]
    lines.append(f"{len(there)} of {len(names)}")
    if len(there) < len(names):
        missing = next(name for name in names if name not in there)
        lines.append(f'\nThe others can be stubbed: cloud.stub("{service}", "{missing}", {{...}})')
    return lines


def _page() -> Iterator[str]:
    """The page docs/coverage.md: only names, so that it is the same with each version of botocore."""
    from textwrap import wrap

    from .core.operation import implemented, services

    yield "# Implemented operations\n"
    yield "Written by `python -m mock_serverless coverage --markdown`. How many that is of a service's operations depends on the"
    yield "installed botocore: `mock-serverless coverage`. Every other operation of any service can be stubbed:"
    yield "[guides/faults-and-stubs.md](guides/faults-and-stubs.md). Where what is here differs from AWS:"
    yield "[differences.md](differences.md)."
    for service in services():
        there = sorted(implemented(service))
        yield f"\n## {service}\n\n{len(there)} operations:\n"
        yield from wrap(", ".join(f"`{name}`" for name in there), PAGE_WIDTH, break_on_hyphens=False)


if __name__ == "__main__":
    sys.exit(main())
