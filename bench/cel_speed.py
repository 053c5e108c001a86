"""What a rule in CEL costs: processor time to compile and to evaluate, and the memory of a process that does.

Usage: cel_speed.py
"""

import pathlib
import time
from collections.abc import Callable

from pyk3s.api.cel import compiling
from pyk3s.api.customresources.enforcing import Rules

REPETITIONS = 3000
OBJECT = {
    "metadata": {"name": "web"},
    "spec": {"min": 1, "max": 2, "names": [f"x-{index}" for index in range(5)]},
}
EXPRESSIONS = (
    "self.spec.min <= self.spec.max",
    "self.metadata.name.startsWith('w')",
    "self.spec.names.all(n, n.startsWith('x-'))",
    "self.spec.names.exists(n, n.matches('^x-[0-9]$'))",
    "self.spec == oldSelf.spec",
    "quantity('1').isLessThan(quantity('2'))",
)
MANY = 200


def memory_mb() -> float:
    lines = pathlib.Path("/proc/self/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


def microseconds(run: Callable[[], object], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - started) / times * 1e6


def main() -> None:
    before = memory_mb()
    variables = frozenset(("self", "oldSelf"))
    first = microseconds(lambda: compiling.compile("self == oldSelf", variables), 1)
    print(f"first expression: {first / 1000:.0f} ms, {memory_mb() - before:.1f} MB")
    for source in EXPRESSIONS:
        program = compiling.compile(source, variables)
        budget = compiling.Budget(10**12)
        values = {"self": OBJECT, "oldSelf": OBJECT}
        print(f"{microseconds(lambda: program.evaluate(values, budget), REPETITIONS):7.1f} us  {source}")  # noqa: B023
    ruled = {"type": "integer", "x-kubernetes-validations": [{"rule": "self < 100"}]}
    names = [f"field{index}" for index in range(MANY)]
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": dict.fromkeys(names, ruled)}}}
    made: list[Rules] = []
    compiling_each = microseconds(lambda: made.append(Rules(schema)), 1) / MANY
    print(f"{compiling_each:7.1f} us  to compile one of {MANY} rules of a schema")
    obj = {"spec": dict.fromkeys(names, 3)}
    each = microseconds(lambda: made[0].validate(obj, None), 20) / MANY
    print(f"{each:7.1f} us  to hold an object to one of {MANY} rules of its schema")


if __name__ == "__main__":
    main()
