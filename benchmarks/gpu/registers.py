"""Registers, spills, stack and shared memory of every kernel of the CUDA backend, as a Markdown table.

Compiles the kernel sources with nvcc alone, so it needs no GPU.

Usage: python benchmarks/gpu/registers.py [--arch sm_90] [--out benchmarks/results/registers-sm_90.md]
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["-std=c++20", "-O3", "--expt-relaxed-constexpr", "--Werror=all-warnings", "-Xptxas", "-v"]
INCLUDES = ["-Icuda", "-Icpp/include", "-Icpp/src"]

ENTRY = re.compile(r"Compiling entry function '(\S+)' for")
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers(.*)")
SHARED = re.compile(r"(\d+) bytes smem")


@dataclass(frozen=True)
class Kernel:
    """What ptxas reports of one kernel; memory in bytes, shared memory without the dynamic part."""

    file: str
    name: str
    registers: int
    stack: int
    spill_stores: int
    spill_loads: int
    shared: int


def demangle(names: list[str]) -> list[str]:
    """Return readable kernel names, without namespaces and parameters."""
    tool = shutil.which("cu++filt") or shutil.which("c++filt")
    text = names
    if tool:
        text = subprocess.run([tool], input="\n".join(names), capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )
    return [short_name(name) for name in text[: len(names)]]


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


def parse(file: str, report: str) -> list[Kernel]:
    """Return the kernels in ptxas' report on one file."""
    found: list[tuple[str, int, int, int, int, int]] = []
    name, stack = "", (0, 0, 0)
    for line in report.splitlines():
        if match := ENTRY.search(line):
            name, stack = match[1], (0, 0, 0)
        elif match := STACK.search(line):
            stack = (int(match[1]), int(match[2]), int(match[3]))
        elif (match := USED.search(line)) and name:
            shared = SHARED.search(match[2])
            found.append((name, int(match[1]), *stack, int(shared[1]) if shared else 0))
            name = ""
    readable = demangle([entry[0] for entry in found])
    return [Kernel(file, title, *entry[1:]) for title, entry in zip(readable, found, strict=True)]


def compile_file(nvcc: str, file: Path, arch: str) -> list[Kernel]:
    """Compile one kernel source and return what ptxas says; exits with nvcc's message if it does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        command = [nvcc, *FLAGS, *INCLUDES, f"-arch={arch}", "-c", str(file), "-o", f"{folder}/out.o"]
        run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return parse(file.name, run.stderr + run.stdout)


def markdown(kernels: list[Kernel], arch: str, version: str) -> str:
    """Return the table."""
    lines = [
        f"# Kernels of the CUDA backend, {arch}",
        "",
        f"As reported by ptxas ({version}); written by `python benchmarks/gpu/registers.py --arch {arch}`. Nothing",
        "here is measured on a GPU. Memory in bytes; shared memory without the part that a launch asks for.",
        "",
        "| file | kernel | registers | stack | spill stores | spill loads | shared |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for k in sorted(kernels, key=lambda k: (k.file, k.name)):
        lines.append(
            f"| {k.file} | `{k.name}` | {k.registers} | {k.stack} | {k.spill_stores} | {k.spill_loads} | {k.shared} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="sm_90")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    if not Path(nvcc).exists():
        sys.exit("nvcc is not found: install the CUDA toolkit, or put its bin folder on PATH.")
    version = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[-3]
    kernels = [k for file in sorted((ROOT / "cuda").rglob("*.cu")) for k in compile_file(nvcc, file, args.arch)]
    text = markdown(kernels, args.arch, version.strip())
    out = args.out or ROOT / "benchmarks" / "results" / f"registers-{args.arch}.md"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
