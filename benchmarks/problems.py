"""Problems as people have them: errors, times and verdicts of ``nbm.solve`` with its defaults; results/problems.

    python benchmarks/problems.py                                   # everything that is below, about half an hour
    python benchmarks/problems.py --only cases --names sphere100    # a part; the other results are kept
    python benchmarks/problems.py --readme                          # the table of README.md from the results
    python benchmarks/problems.py --quick                           # a few cases, one seed, nothing is written

The sections: ``cases`` (problem_suite/), with the classical solver on 64 cells at the same points; two of them
corrected on ``finer`` grids; the same problems in other ``units``; ``traps``, where certificates are tempted to lie;
``certificates`` of bad trainings; ``peers``: finite elements to the same error (pip install ngsolve; left out where
that is missing). The dragon needs a file: problem_suite/dragon.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import RESULTS, describe, write
from problem_suite import report, sections

import nbm

FILE = RESULTS / "problems.json"
README = Path(__file__).parents[1] / "README.md"
QUICK = {"cases": ("sphere2", "heated", "layers", "no_interface"), "units": ("heated",), "traps": ("charged", "offset")}


def measure(section: str, names: tuple[str, ...], options: argparse.Namespace, record: dict[str, Any]) -> None:
    """Measure a section, one name after the other, keeping each when it is there."""
    record.setdefault(section, {})
    for name in names:
        try:
            if section == "peers":
                found = sections.peers([name], options.ngsolve_python, options.peer_limit)
            else:
                found = getattr(sections, section)([name], range(options.seeds))
        except RuntimeError as error:
            if isinstance(error, nbm.NbmError):
                raise
            print(f"peers are left out: {error}")
            return
        record[section] |= found
        record.setdefault("commits", {}).setdefault(section, {}).update(dict.fromkeys(found, commit()))
        FILE.write_text(json.dumps(record, indent=2) + "\n")
    order = list(sections.NAMES[section])
    record[section] = dict(sorted(record[section].items(), key=lambda item: order.index(item[0])))


def commit() -> str:
    """Return the commit of the repository, or nothing where there is none."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=FILE.parent)
    return done.stdout.strip()


def quick() -> int:
    """Print a few results; return 1 where a certificate lies."""
    record: dict[str, Any] = {"machine": describe(len(os.sched_getaffinity(0)))}
    for section, names in QUICK.items():
        record[section] = getattr(sections, section)(names, range(1))
    print(report.whole(record))
    runs = [run for name in ("cases", "traps") for known in record[name].values() for run in known["runs"]]
    return int(any(run["trusted_and_wrong"] for run in runs if "failed" not in run))


def main() -> int:
    """Measure what was asked for, keep the rest, write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=sections.NAMES, default=list(sections.NAMES))
    parser.add_argument("--names", nargs="*", help="cases or traps; default: all of the section")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--quick", action="store_true", help="one seed of a few cases; fails where a certificate lies")
    parser.add_argument("--readme", action="store_true", help="write the table of README.md and end")
    parser.add_argument("--ngsolve-python", default=sys.executable, help="a Python with ngsolve")
    parser.add_argument("--peer-limit", type=float, default=10.0, help="processor seconds of a mesh of the peer")
    options = parser.parse_args()
    record = json.loads(FILE.read_text()) if FILE.exists() else {}
    if options.quick:
        return quick()
    if options.readme:
        README.write_text(report.into_readme(README.read_text(encoding="utf-8"), record), encoding="utf-8")
        return 0
    record["machine"] = describe(len(os.sched_getaffinity(0)))
    for section in options.only:
        names = tuple(n for n in sections.NAMES[section] if options.names is None or n in options.names)
        measure(section, names, options, record)
        write("problems", record, report.whole(record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
