"""The report of benchmarks/gpu/run.sh: its logs as one JSON file and one Markdown page.

Usage: python benchmarks/gpu/report.py LOGS RESULTS
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def json_lines(log: Path) -> list[dict[str, Any]]:
    """Return the JSON objects that stand on lines of their own in a log, if it is there."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


def command_output(*command: str) -> str:
    """Return what a command prints, or "unknown"."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table for each set of rows with the same keys."""
    lines: list[str] = []
    keys: list[str] = []
    for row in rows:
        if list(row) != keys:
            keys = list(row)
            lines += ["", "| " + " | ".join(keys) + " |", "|" + "---|" * len(keys)]
        lines.append("| " + " | ".join(str(row[key]) for key in keys) + " |")
    return lines


def report(logs: Path) -> dict[str, Any]:
    """Return everything that the run found."""
    outcomes = dict(line.split(" ", 1) for line in (logs / "outcomes").read_text(encoding="utf-8").splitlines())
    profile = logs / "profile.log"
    return {
        "gpu": command_output("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"),
        "commit": command_output("git", "rev-parse", "--short", "HEAD"),
        "outcomes": outcomes,
        "bench": json_lines(logs / "bench.log"),
        "jax": json_lines(logs / "jax.log"),
        "profile": profile.read_text(encoding="utf-8") if profile.exists() else "",
    }


def markdown(found: dict[str, Any]) -> str:
    """Return the page."""
    lines = [f"# {found['gpu']}, commit {found['commit']}", "", "Written by `benchmarks/gpu/run.sh`.", ""]
    lines += [f"* {name}: {outcome}" for name, outcome in found["outcomes"].items()]
    for title in ("bench", "jax"):
        if found[title]:
            lines += ["", f"## {title}", *table(found[title])]
    if found["profile"]:
        lines += ["", "## profile", "", "```", found["profile"].strip(), "```"]
    return "\n".join(lines) + "\n"


def main() -> None:
    logs, results = Path(sys.argv[1]), Path(sys.argv[2])
    found = report(logs)
    name = "gpu-" + "-".join(found["gpu"].split(",")[0].lower().split())
    (results / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (results / f"{name}.md").write_text(markdown(found), encoding="utf-8")
    print(results / f"{name}.md")


if __name__ == "__main__":
    main()
