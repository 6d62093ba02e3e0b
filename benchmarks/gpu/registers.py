"""Registers and spills of every kernel of the CUDA backend for every target, from a build with ptxas' reports.

`make cuda-check` makes the build (needs nvcc, no GPU) and calls this to compare it with
benchmarks/results/registers.md: a kernel that spills more than is recorded there is an error.

Usage: python benchmarks/gpu/registers.py [BUILD] [--record]
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "benchmarks" / "results" / "registers.md"

ENTRY = re.compile(r"Compiling entry function '(\S+)' for '(\w+)'")
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers(.*)")
SHARED = re.compile(r"(\d+) bytes smem")
CELL = re.compile(r"(\d+)(?:, spills (\d+))?")


@dataclass(frozen=True)
class Use:
    """What ptxas reports of one kernel for one target: registers, and bytes of spill stores and loads."""

    registers: int
    spills: int

    def __str__(self) -> str:
        return f"{self.registers}, spills {self.spills}" if self.spills else str(self.registers)


@dataclass
class Kernel:
    """One kernel: its use by target; stack and shared memory, without the dynamic part, are the most of any."""

    stack: int = 0
    shared: int = 0
    uses: dict[str, Use] = field(default_factory=dict)


Table = dict[tuple[str, str], Kernel]  # by file and readable name


def demangle(names: list[str]) -> list[str]:
    """Return readable kernel names, without namespaces and parameters."""
    tool = shutil.which("cu++filt") or shutil.which("c++filt")
    if not tool:
        return names
    text = subprocess.run([tool], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    return [short_name(name) for name in text.split("\n")[: len(names)]]


def short_name(name: str) -> str:
    """Return ``kernel<float>`` of ``void nbm::cuda::(anonymous namespace)::kernel<float>(Parameters)``."""
    name = re.sub(r"\(anonymous namespace\)::|<unnamed>::|_GLOBAL__N__\w+::|nbm::cuda::|nbm::", "", name)
    name = re.sub(r"\((int|unsigned int|bool)\)", "", name)
    depth, end = 0, len(name)
    for i, letter in enumerate(name):
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0:
            end = i
            break
    return name[:end].removeprefix("void ").strip()


def add_report(file: str, report: str, table: Table) -> None:
    """Add the kernels in ptxas' report on one file."""
    found: list[tuple[str, str, Use, int, int]] = []
    entry: tuple[str, str] | None = None
    stack, spills = 0, 0
    for line in report.splitlines():
        if match := ENTRY.search(line):
            entry, stack, spills = (match[1], match[2]), 0, 0
        elif match := STACK.search(line):
            stack, spills = int(match[1]), int(match[2]) + int(match[3])
        elif (match := USED.search(line)) and entry:
            shared = SHARED.search(match[2])
            found.append((*entry, Use(int(match[1]), spills), stack, int(shared[1]) if shared else 0))
            entry = None
    for title, (_, target, use, stack_bytes, shared_bytes) in zip(demangle([f[0] for f in found]), found, strict=True):
        kernel = table.setdefault((file, title), Kernel())
        kernel.uses[target] = use
        kernel.stack = max(kernel.stack, stack_bytes)
        kernel.shared = max(kernel.shared, shared_bytes)


def read_build(build: Path) -> Table:
    """Return the kernels of a build; exits where it holds no report on one of the sources."""
    table: Table = {}
    for source in sorted((ROOT / "cuda").rglob("*.cu")):
        place = source.relative_to(ROOT / "cuda")
        logs = list(build.rglob(f"{place}.o.log"))
        if len(logs) != 1:
            sys.exit(f"{build} has {len(logs)} reports on {place}, not one: call `make cuda-check`")
        add_report(place.as_posix(), logs[0].read_text(encoding="utf-8"), table)
    return table


def targets_of(table: Table) -> list[str]:
    """Return all targets, the oldest first."""
    targets = {target for kernel in table.values() for target in kernel.uses}
    return sorted(targets, key=lambda target: int(re.sub(r"\D", "", target)))


def markdown(table: Table, version: str) -> str:
    """Return the table as a page."""
    targets = targets_of(table)
    lines = [
        "# Kernels of the CUDA backend",
        "",
        f"As reported by ptxas ({version}): registers for each target and, where there are any, bytes of spill",
        "stores and loads; the most stack and the most shared memory of any target in bytes, without what a launch",
        "asks for. Nothing here is measured on a GPU. Written by `make cuda-record`; `make cuda-check` fails where a",
        "kernel spills more.",
        "",
        f"| file | kernel | {' | '.join(targets)} | stack | shared |",
        f"|---|---|{'---:|' * (len(targets) + 2)}",
    ]
    for (file, name), kernel in sorted(table.items()):
        cells = [str(kernel.uses[target]) if target in kernel.uses else "" for target in targets]
        lines.append(f"| {file} | `{name}` | {' | '.join(cells)} | {kernel.stack} | {kernel.shared} |")
    return "\n".join(lines) + "\n"


def read_record(text: str) -> tuple[Table, str]:
    """Return the recorded table, without stack and shared memory, and the compiler of which it is."""
    version = re.search(r"ptxas \((.*?)\)", text)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    targets = rows[0][2:-2]
    table: Table = {}
    for file, name, *cells in rows[2:]:
        matches = {target: CELL.fullmatch(cell) for target, cell in zip(targets, cells, strict=False)}
        uses = {target: Use(int(m[1]), int(m[2] or 0)) for target, m in matches.items() if m}
        table[file, name.strip("`")] = Kernel(uses=uses)
    return table, version[1] if version else ""


def worse_spills(table: Table, recorded: Table) -> list[str]:
    """Return a sentence for each kernel that spills more than is recorded; a new one may not spill at all."""
    found = []
    for (file, name), kernel in sorted(table.items()):
        known = recorded.get((file, name), Kernel()).uses
        for target, use in kernel.uses.items():
            allowed = known[target].spills if target in known else 0
            if use.spills > allowed:
                found.append(f"{file}: {name} spills {use.spills} bytes on {target}; {allowed} are recorded")
    return found


def compiler_version() -> str:
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    text = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"release [\d.]+, V[\d.]+", text)
    return match[0] if match else "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, nargs="?", default=ROOT / "build" / "cuda")
    parser.add_argument("--record", action="store_true", help="write benchmarks/results/registers.md")
    args = parser.parse_args()
    table, version = read_build(args.build), compiler_version()
    print(f"{len(table)} kernels for {', '.join(targets_of(table))}")
    if args.record:
        RECORD.write_text(markdown(table, version), encoding="utf-8")
        print(f"recorded in {RECORD.relative_to(ROOT)}")
        return
    recorded, of = read_record(RECORD.read_text(encoding="utf-8"))
    if of != version:
        print(f"spills not compared: those recorded are of nvcc {of}, this is {version}")
        return
    worse = worse_spills(table, recorded)
    if worse:
        sys.exit("\n".join([*worse, "Mend the kernel, or record the spills by `make cuda-record`."]))


if __name__ == "__main__":
    main()
