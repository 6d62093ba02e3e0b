"""Instructions of kernels, counted in their machine code. Needs cuobjdump, no GPU.

Of the fused kernels those for one point and lane are counted.

The loop over points is the largest part of a kernel's flow graph from each of whose instructions each other is reached.
Counted are all its instructions, and those that run without detours: of the shortest ways round through each of its
instructions the longest, which finds derivatives but takes no rare path, as that for large arguments of a sine. Detours
of warps whose lanes have come apart (BRA.DIV) are in neither.

With --of, counted is what a kernel has of a function of the sources where it is inlined, and of several what it has of
the last within the others: `--of correction_at interpolate_cubic` in solution_kernels.cu.o. Found by the lines of the
sources in the object, so that loops around it do not count: all its instructions once, rare paths too. Needs nvdisasm,
and the sources as they were compiled.

Usage: python benchmarks/gpu/instructions.py [OBJECT ...] [--target sm_90] [--of FUNCTION ...]
       of the fused kernels in build/cuda, which `make cuda-check` makes, without an OBJECT
"""

from __future__ import annotations

import argparse
import bisect
import functools
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from registers import demangle

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"\s+/\*([0-9a-f]{4,})\*/\s+(@!?U?P\w+ )?\s*([A-Z][\w.]*)(.*);")
SHAPE = re.compile(r"Shape<([^>]*)>")
FLOAT32 = ("FFMA", "FADD", "FMUL")
FLOAT64 = ("DFMA", "DADD", "DMUL")
SECTION = re.compile(r"\.text\.(\S+):$")
FRAME = re.compile(r'//## File "([^"]+)", line (\d+)')
# At the left margin, up to the brace of its body.
DEFINITION = re.compile(r"^(?!namespace|struct|class|enum)[A-Za-z_][^;{}]*?\b(?!__)(\w+)\([^;{}]*\{", re.MULTILINE)


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


@functools.cache
def definitions(source: str) -> tuple[list[int], list[str]]:
    """Return the lines at which the functions of a source begin, and their names."""
    text = Path(source).read_text(encoding="utf-8")
    found = [(text.count("\n", 0, match.start()) + 1, match[1]) for match in DEFINITION.finditer(text)]
    return [line for line, _ in found], [name for _, name in found]


def function_at(source: str, line: int) -> str:
    """Return the name of the function of a line, or of the one before."""
    lines, names = definitions(source)
    place = bisect.bisect_right(lines, line)
    return names[place - 1] if place else ""


def instructions_of(listing: str, functions: set[str]) -> dict[str, list[str]]:
    """Return the names of each kernel's instructions that come from all the functions, of a listing of nvdisasm -gi."""
    kernels: dict[str, list[str]] = {}
    code: list[str] = []
    frames: list[tuple[str, str]] = []  # of the source lines of what follows, the innermost first
    complete = True
    for text in listing.splitlines():
        if match := SECTION.match(text):
            code = kernels.setdefault(match[1], [])
        elif match := FRAME.search(text):
            frames = [match.groups()] if complete else [*frames, match.groups()]
            complete = False
        elif match := LINE.match(text):
            complete = True
            if functions <= {function_at(source, int(line)) for source, line in frames}:
                code.append(match[3])
    return kernels


def bytes_loaded(name: str) -> int:
    """Return how many bytes a load asks for, for one thread."""
    sizes = {"64": 8, "128": 16, "U8": 1, "S8": 1, "U16": 2, "S16": 2}
    return next((sizes[part] for part in name.split(".") if part in sizes), 4)


def rows_of(listing: str, functions: set[str]) -> list[str]:
    """Return a line of a table for each kernel of a listing that has something of all the functions."""
    kernels = {name: code for name, code in instructions_of(listing, functions).items() if code}
    lines = []
    for title, code in sorted(zip(demangle(list(kernels)), kernels.values(), strict=True)):
        count = Counter(name.split(".")[0] for name in code)
        loads = [name for name in code if name.startswith("LDG")]
        arithmetic = [sum(count[kind] for kind in kinds) for kinds in (FLOAT32, FLOAT64)]
        cells = [len(code), *arithmetic, len(loads), sum(map(bytes_loaded, loads))]
        lines.append(f"| `{title}` | " + " | ".join(map(str, cells)) + " |")
    return lines


def tool(name: str) -> str:
    """Return the path of one of the toolkit's programs."""
    found = shutil.which(name) or shutil.which(f"/usr/local/cuda/bin/{name}")
    if not found:
        sys.exit(f"{name} is not on PATH: it comes with the CUDA toolkit, or with the package nvidia-cuda-{name}")
    return found


def output_of(*command: str | Path) -> str:
    """Return what a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def listing_with_lines(path: Path, target: str) -> str:
    """Return the machine code of an object with the source lines of each instruction."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tool("cuobjdump"), "-xelf", f".{target}.cubin", path.resolve()]
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        return "".join(output_of(tool("nvdisasm"), "-gi", "-c", file) for file in Path(folder).iterdir())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("object", type=Path, nargs="*")
    parser.add_argument("--target", default="sm_90", help="of which architecture, sm_90 by default")
    parser.add_argument("--of", metavar="FUNCTION", nargs="+", help="count what is inlined from all of these")
    args = parser.parse_args()
    if args.of:
        print(f"{args.target}, {' '.join(args.of)}, for one thread:\n")
        print("| kernel | all | float32 arithmetic | float64 arithmetic | loads | bytes |")
        print("|---|---|---|---|---|---|")
        for path in args.object:
            print("\n".join(rows_of(listing_with_lines(path, args.target), set(args.of))))
        return
    objects = args.object or sorted((ROOT / "build" / "cuda").rglob("fused_*.cu.o"))
    print(f"{args.target}, for one point and lane:\n")
    print("| shape, neurons a lane | all | without detours | float32 arithmetic | LDS | without detours, a neuron |")
    print("|---|---|---|---|---|---|")
    for path in objects:
        print("\n".join(rows(output_of(tool("cuobjdump"), "-sass", "-arch", args.target, path))))


if __name__ == "__main__":
    main()
