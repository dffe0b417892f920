"""Prints what other servers write, as JSON: runs in `.venv/inputs`, and imports nothing of ours.

    .venv/inputs/bin/python tests/peers/print_inputs.py SENDER RECEIVER

SENDER and RECEIVER are the addresses of actors. Each input is an object with `collection`, `group`, `name` and
`fragment` (members that replace those of a Note) or `activity` (whole, with what its author expects of it).
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module


def pasture() -> Iterator[dict[str, object]]:
    """262 fragments of Notes and Articles."""
    for group, found in sorted(import_module("fediverse_pasture_inputs").available.items()):
        for number, fragment in enumerate(found.examples, 1):
            yield {"collection": "pasture", "group": group, "name": f"{number}", "fragment": fragment}


def funfedi(sender: str, receiver: str) -> Iterator[dict[str, object]]:
    """79 activities."""
    cases = import_module("funfedi_parsing_test_cases")
    environment = cases.Environment(sending_actor_profile={"id": sender}, receiving_actor=receiver)
    for suite in (cases.activity_suite, cases.event_suite, cases.notes_suite, cases.poll_suite):
        for part, tests in suite.tests.items():
            for case in tests:
                activity = case.maker.to_send(environment).activity
                said = {"group": f"{suite.name}: {part}", "name": case.name, "expected": str(case.status)}
                yield {"collection": "funfedi", "activity": activity, **said}


if __name__ == "__main__":
    sys.stdout.write(json.dumps([*pasture(), *funfedi(*sys.argv[1:3])], indent=1))
