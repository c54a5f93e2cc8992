"""The command ``mock-serverless``.

    mock-serverless demo                 an app on four services, run through in virtual time, told as a timeline
    mock-serverless coverage [service]   the operations that are implemented, out of botocore's
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    parser = argparse.ArgumentParser(prog="mock-serverless", description="AWS's serverless services in one process")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="an app on four services, run through in virtual time")
    coverage_parser = commands.add_parser("coverage", help="implemented operations out of botocore's")
    coverage_parser.add_argument("service", nargs="?", help="one service, each operation by name")
    options = parser.parse_args(arguments)
    return demo() if options.command == "demo" else coverage(options.service)


def demo() -> int:
    """The app of demo.py, told as a timeline."""
    from .demo import run

    for line in run():
        print(line)
    return 0


def coverage(service: str | None) -> int:
    """Computed from what is registered: nothing here knows a service by name."""
    from .core.errors import NotSupported
    from .core.operation import ALIASES, implemented, operation_names, services

    if service is None:
        total = 0
        for name in services():
            there, all_of = len(implemented(name)), len(operation_names(name))
            total += there
            print(f"{name:24} {there:4} of {all_of:4}  {100 * there // all_of:3} %")
        print(f"{'in all':24} {total:4}")
        return 0
    try:
        names = operation_names(ALIASES.get(service, service))
    except NotSupported as e:
        print(e, file=sys.stderr)
        return 2
    there_are = implemented(ALIASES.get(service, service))
    for name in sorted(names.values()):
        print(f"{'x' if name in there_are else ' '} {name}")
    print(f"{len(there_are)} of {len(names)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
