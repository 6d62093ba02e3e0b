"""Attacks on nbm by one command: what people, machines and files do to it, many times over, and what was lost.

    make attack                                   # or: python benchmarks/attack [--seed S] [--share 0.1] [SUBJECT ...]

Writes docs/reliability.md and ends with status 1 where anything was lost. ``--share`` scales how often things are
tried.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import c_calls
import disks
import files
import kills
import leaks
import processes
import ranks
import texts
from outcome import Outcome

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = {
    "kills": kills.attack,
    "files": files.attack,
    "texts": texts.attack,
    "c_calls": c_calls.attack,
    "processes": processes.attack,
    "leaks": leaks.attack,
    "disks": disks.attack,
    "ranks": ranks.attack,
}
HEAD = """\
# Reliability

What people, machines and files do to nbm, tried many times over by `make attack` (benchmarks/attack), which writes
this page. It ends with an error where anything is lost: a result, a state, an answer, memory, or the word of why.

Seed {seed}, share {share:g}, {minutes:.1f} minutes ({cpu:.1f} of processor time), {when}, {machine}.

| what | how | tried | outcomes | lost |
|---|---|---|---|---|
"""


def main() -> int:
    """Run the subjects, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subjects", nargs="*", default=list(SUBJECTS), help=", ".join(SUBJECTS))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of tries")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reliability.md")
    options = parser.parse_args()
    unknown = set(options.subjects) - set(SUBJECTS)
    if unknown:
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}", flush=True)
    started = time.monotonic()
    outcomes: list[Outcome] = []
    for name in options.subjects:
        with tempfile.TemporaryDirectory(prefix=f"nbm-{name}-") as folder:
            for outcome in SUBJECTS[name](Path(folder), options.seed, options.share):
                print(f"{time.monotonic() - started:7.1f} s  {outcome.line()}", flush=True)
                outcomes.append(outcome)
    head = HEAD.format(
        seed=options.seed,
        share=options.share,
        minutes=(time.monotonic() - started) / 60,
        cpu=sum(os.times()[:4]) / 60,  # with the processes that were started
        when=time.strftime("%Y-%m-%d"),
        machine=machine(),
    )
    options.out.write_text(head + "".join(outcome.row() for outcome in outcomes), encoding="utf-8")
    lost = [loss for outcome in outcomes for loss in outcome.lost]
    print("\n".join(["lost: " + (str(len(lost)) if lost else "nothing"), *lost[:50]]))
    return 1 if lost else 0


def machine() -> str:
    """Return the processor of this machine in a few words."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else sys.platform


if __name__ == "__main__":
    sys.exit(main())
