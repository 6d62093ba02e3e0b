"""What a figure was measured on, for the files that hold figures."""

from __future__ import annotations

import json
import os
import platform
import resource
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def describe(threads: int) -> dict[str, Any]:
    """Return processor, cores and versions."""
    import nbm

    model = platform.processor() or "unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        families = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "cpu family" in line]
        model = f"{models[0]} (family {families[0]})" if models and families else model
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "simd": nbm._core.simd_level(),
        "nbm": nbm.__version__,
        "python": platform.python_version(),
    }


def forget_peak_memory() -> None:
    """Let peak_memory_mb() begin anew, where the system can (Linux)."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5")


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process so far, or since forget_peak_memory(), in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the parent had before this process was executed
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def write(name: str, record: dict[str, Any], table: str) -> None:
    """Write results/NAME.json and results/NAME.md."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(table)
    print(table)


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
