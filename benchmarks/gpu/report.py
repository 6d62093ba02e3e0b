"""What measure.sh found: whether all tests ran, and its output as one JSON file and one Markdown page.

python report.py tests TESTS.json TESTS.txt     exits with 1 if a test failed or was left out
python report.py page OUT RESULTS               writes RESULTS/<name of the card>/<commit>.{json,md}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def tests_that_ran(report: dict[str, Any]) -> tuple[set[str], dict[str, str]]:
    """Return the names of the tests that ran, and why others did not, from GoogleTest's report."""
    ran: set[str] = set()
    amiss: dict[str, str] = {}
    for suite in report["testsuites"]:
        for test in suite["testsuite"]:
            name = f"{suite['name']}.{test['name']}"
            if test.get("failures"):
                amiss[name] = "failed"
            elif test.get("result") != "COMPLETED":
                amiss[name] = "skipped itself"
            else:
                ran.add(name)
    return ran, amiss


def check_tests(report: Path, names: Path) -> int:
    """Print what is amiss and return the exit status."""
    wanted = {line.split()[0] for line in names.read_text(encoding="utf-8").splitlines() if line.strip()}
    ran, amiss = tests_that_ran(json.loads(report.read_text(encoding="utf-8")))
    amiss |= {name: "left out" for name in wanted - ran - amiss.keys()}
    for name, reason in sorted(amiss.items()):
        print(f"{name}: {reason}")
    print(json.dumps({"case": "tests", "wanted": len(wanted), "ran": len(ran), "amiss": len(amiss)}))
    return 1 if amiss or not wanted else 0


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table for each run of rows with the same keys."""
    lines: list[str] = []
    keys: list[str] = []
    for row in rows:
        if list(row) != keys:
            keys = list(row)
            lines += ["", "| " + " | ".join(keys) + " |", "|" + "---|" * len(keys)]
        lines.append("| " + " | ".join(str(row[key]) for key in keys) + " |")
    return lines


def read(out: Path) -> dict[str, Any]:
    """Return what a call of measure.sh left."""
    log = (out / "all.log").read_text(encoding="utf-8", errors="replace").splitlines()
    data = (out / "data.jsonl").read_text(encoding="utf-8").splitlines()
    cards = [line.split("|")[1].split("NVIDIA")[1].split()[0] for line in log if line.startswith("|   0  NVIDIA")]
    return {
        "card": cards[0] if cards else "none",
        "commit": log[0].strip(),
        "outcomes": (out / "summary.txt").read_text(encoding="utf-8").splitlines(),
        "data": [json.loads(line) for line in data],
    }


def page(found: dict[str, Any]) -> str:
    """Return the Markdown page."""
    lines = [f"# {found['card']}, commit {found['commit']}", "", "Measured by `benchmarks/gpu/measure.sh`.", ""]
    lines += [f"* {outcome}" for outcome in found["outcomes"]]
    sections: dict[str, list[dict[str, Any]]] = {}
    for row in found["data"]:
        figures = {key: value for key, value in row.items() if key not in ("section", "at_s")}
        sections.setdefault(row.get("section", ""), []).append(figures)
    for name, rows in sections.items():
        lines += ["", f"## {name}", *table(rows)]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Do what the first argument says."""
    if sys.argv[1] == "tests":
        return check_tests(Path(sys.argv[2]), Path(sys.argv[3]))
    found = read(Path(sys.argv[2]))
    folder = Path(sys.argv[3]) / f"gpu-{found['card'].lower()}"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in (("json", json.dumps(found, indent=1) + "\n"), ("md", page(found))):
        (folder / f"{found['commit']}.{suffix}").write_text(text, encoding="utf-8")
    print(folder / f"{found['commit']}.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
