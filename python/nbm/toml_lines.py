"""Where the keys of a TOML text stand, for messages that name a line."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["line_of"]

# No two neighbouring parts of a pattern match the same character, so that no line takes more than linear time.
_TABLE = re.compile(r"\[\[?([^\]]+)\]\]?\s*(#.*)?$")
_STEP = re.compile(r"""\s*([A-Za-z0-9_-]+|"[^"]*"|'[^']*')\s*([.=])""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_MULTILINE = re.compile(r'"""|' + r"'''")


def line_of(text: str, path: Sequence[str]) -> int | None:
    """Return the line (from 1) of the key with this path, else of the closest enclosing key or table that is written.

    ``None`` when not even the first part of the path occurs. Keys inside of inline tables are found as their table.
    """
    lines: dict[tuple[str, ...], int] = {}
    for key, line in _keys(text):
        for length in range(len(key), 0, -1):
            lines.setdefault(key[:length], line)
    for length in range(len(path), 0, -1):
        if tuple(path[:length]) in lines:
            return lines[tuple(path[:length])]
    return None


def _keys(text: str) -> list[tuple[tuple[str, ...], int]]:
    found: list[tuple[tuple[str, ...], int]] = []
    table: tuple[str, ...] = ()
    inside_string = False
    for number, line in enumerate(text.splitlines(), start=1):
        starts_inside = inside_string
        inside_string ^= len(_MULTILINE.findall(line)) % 2 == 1
        if starts_inside:
            continue
        stripped = line.strip()
        if header := _TABLE.match(stripped):
            table = _parts(header[1])
            found.append((table, number))
        elif key := _key(stripped):
            found.append(((*table, *key), number))
    return found


def _key(line: str) -> tuple[str, ...]:
    """Return the parts of the key that a line sets; () where it sets none."""
    parts, at = [], 0
    while step := _STEP.match(line, at):
        parts.append(step[1].strip("\"'"))
        if step[2] == "=":
            return tuple(parts)
        at = step.end()
    return ()


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
