"""Checks what no commit may hold: paths of one machine, package hosts, left-overs, large files.

Usage: python check_repository.py [REPOSITORY]
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LARGEST_FILE = 1 << 20  # bytes

# Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(^|[^\w./~-])/(wor" + r"k|far" + r"m|roo" + r"t|hom" + r"e|User" + r"s)/"),
    "a package host": re.compile(
        r"files\.python" + r"hosted|pypi\.org/sim" + r"ple|--index-" + r"url|artifact" + r"ory"
    ),
    "a left-over": re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|#\s*if [0]\b"),
}


def tracked_files(root: Path) -> list[Path]:
    """Return the files that git knows, or an empty list where this is no repository."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True)
    if listing.returncode != 0:
        return []
    return [root / name for name in listing.stdout.split("\0") if name and (root / name).is_file()]


def file_violations(path: Path) -> list[str]:
    """Return one sentence for each rule that the file breaks."""
    size = path.stat().st_size
    found = [f"{path}: {size} bytes, the limit is {LARGEST_FILE}"] if size > LARGEST_FILE else []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return found
    for number, line in enumerate(lines, start=1):
        found += [f"{path}:{number}: {what}: {line.strip()}" for what, rule in FORBIDDEN.items() if rule.search(line)]
    return found


def violations(root: Path) -> list[str]:
    """Return one sentence for each broken rule in the files that git knows."""
    return [sentence for path in tracked_files(root) for sentence in file_violations(path)]


def main() -> int:
    """Print the violations; the exit status is 1 when there are any."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = violations(root)
    print("\n".join(found) or "repository: clean")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
