"""Instructions of the fused kernels for one point and lane, counted in their machine code. Needs cuobjdump, no GPU.

The loop over points is the largest part of a kernel's flow graph from each of whose instructions each other is reached.
Counted are all its instructions, and those that run without detours: of the shortest ways round through each of its
instructions the longest, which finds derivatives but takes no rare path, as that for large arguments of a sine. Detours
of warps whose lanes have come apart (BRA.DIV) are in neither.

Usage: python benchmarks/gpu/instructions.py [OBJECT ...] [--target sm_90]
       of the fused kernels in build/cuda, which `make cuda-check` makes, without an OBJECT
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"\s+/\*([0-9a-f]{4,})\*/\s+(@!?U?P\w+ )?\s*([A-Z][\w.]*)(.*);")
SHAPE = re.compile(r"Shape<([^>]*)>")
FLOAT32 = ("FFMA", "FADD", "FMUL")


class Instruction(NamedTuple):
    """One line of a listing: address, whether it has a predicate, operation and operands."""

    address: int
    conditional: bool
    name: str
    operands: str

    @property
    def base(self) -> str:
        return self.name.split(".")[0]


def read_listing(text: str) -> dict[str, list[Instruction]]:
    """Return the instructions of each function of a listing of cuobjdump."""
    functions: dict[str, list[Instruction]] = {}
    code: list[Instruction] = []
    for line in text.splitlines():
        if match := re.search(r"Function : (\S+)", line):
            code = functions.setdefault(match[1], [])
        elif match := LINE.match(line):
            # A branch may have its predicate among its operands.
            conditional = bool(match[2]) or (match[3].startswith("BRA") and bool(re.search(r"\bU?P\d", match[4])))
            code.append(Instruction(int(match[1], 16), conditional, match[3], match[4]))
    return functions


def successors(code: list[Instruction]) -> list[list[int]]:
    """Return what may follow each instruction, as long as the lanes of the warp stay together."""
    place = {instruction.address: i for i, instruction in enumerate(code)}
    follow: list[list[int]] = []
    for i, instruction in enumerate(code):
        found = [i + 1] if i + 1 < len(code) else []
        if instruction.base == "BRA" and ".DIV" not in instruction.name:
            target = int(re.findall(r"0x([0-9a-f]+)", instruction.operands)[-1], 16)
            found = ([*found] if instruction.conditional else []) + [place[target]]
        elif instruction.base in ("EXIT", "RET") and not instruction.conditional:
            found = []
        follow.append(found)
    return follow


def reverse(follow: list[list[int]]) -> list[list[int]]:
    """Return what may come before each instruction."""
    before: list[list[int]] = [[] for _ in follow]
    for i, found in enumerate(follow):
        for n in found:
            before[n].append(i)
    return before


def reached(start: int, follow: list[list[int]]) -> dict[int, int]:
    """Return the instructions that are reached from the one number `start`, each with the fewest steps to it."""
    steps = {start: 0}
    queue = [start]
    for i in queue:  # which grows on the way
        for n in follow[i]:
            if n not in steps:
                steps[n] = steps[i] + 1
                queue.append(n)
    return steps


def loop_over_points(code: list[Instruction]) -> tuple[list[Instruction], int]:
    """Return the instructions of the largest loop, and how many run without detours."""
    follow = successors(code)
    before = reverse(follow)
    seen: set[int] = set()
    best: set[int] = set()
    for i, found in enumerate(follow):
        if i not in seen and any(n <= i for n in found):
            part = reached(i, follow).keys() & reached(i, before).keys()
            seen |= part
            best = max(best, part, key=len)
    inside = [[n for n in found if n in best] if i in best else [] for i, found in enumerate(follow)]
    head = min(best)
    there, back = reached(head, inside), reached(head, reverse(inside))
    return [code[i] for i in sorted(best)], max(there[i] + back[i] for i in best)


def rows(listing: str) -> list[str]:
    """Return a line of a table for each fused kernel of a listing."""
    found: list[tuple[int, int, str]] = []
    for name, code in read_listing(listing).items():
        title = subprocess.run(["c++filt", name], capture_output=True, text=True, check=True).stdout
        match = SHAPE.search(re.sub(r"\((int|unsigned int)\)", "", title))
        if not match:
            continue
        shape = [int(number) for number in match[1].split(",")]
        body, direct = loop_over_points(code)
        count = Counter(instruction.base for instruction in body)
        arithmetic = sum(count[kind] for kind in FLOAT32)
        width, depth, lane = shape if len(shape) == 3 else (shape[0], 1, shape[1])
        cells = [len(body), direct, arithmetic, count["LDS"], f"{direct / lane:.1f}"]
        found.append((depth, width, f"| {depth}×{width}, {lane} | " + " | ".join(map(str, cells)) + " |"))
    return [line for *_, line in sorted(found)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("object", type=Path, nargs="*")
    parser.add_argument("--target", default="sm_90", help="of which architecture, sm_90 by default")
    args = parser.parse_args()
    tool = shutil.which("cuobjdump") or shutil.which("/usr/local/cuda/bin/cuobjdump")
    if not tool:
        sys.exit("cuobjdump is not on PATH: it comes with the CUDA toolkit, or with the package nvidia-cuda-cuobjdump")
    objects = args.object or sorted((ROOT / "build" / "cuda").rglob("fused_*.cu.o"))
    print(f"{args.target}, for one point and lane:\n")
    print("| shape, neurons a lane | all | without detours | float32 arithmetic | LDS | without detours, a neuron |")
    print("|---|---|---|---|---|---|")
    for path in objects:
        command = [tool, "-sass", "-arch", args.target, str(path)]
        print("\n".join(rows(subprocess.run(command, capture_output=True, text=True, check=True).stdout)))


if __name__ == "__main__":
    main()
