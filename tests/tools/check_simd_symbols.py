"""Checks the objects that are compiled once for each instruction set (cmake/NbmSources.cmake).

Every symbol that such an object defines for others must lie in its own namespace nbm::simd_<level>. A template or
inline function of another namespace would be emitted there too, built for AVX-512 say, and the linker may choose that
copy for the whole program, which then fails on an older processor.

Usage: python check_simd_symbols.py BUILD_FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

# nm's letters for symbols defined here and visible to the linker: text, data, read-only, weak, vague, unique, indirect.
DEFINED = "TDBRGSWVui"
# Emitted by the compiler, the same for every instruction set.
HARMLESS = re.compile(r"^(DW\.ref\.|__odr_asan|__asan|__tsan|__ubsan)")


def object_level(path: Path) -> str | None:
    """Return the level of an object file below nbm_simd_<stage>_<level>.dir, if it is one."""
    for part in path.parts:
        if match := re.fullmatch(r"nbm_simd_\w+?_(baseline|avx2|avx512)\.dir", part):
            return match[1]
    return None


def foreign_symbols(nm_output: str, level: str) -> list[str]:
    """Return the names in nm's output that are defined for others outside nbm::simd_<level>."""
    found = []
    for line in nm_output.splitlines():
        match = re.match(r"[0-9a-f]*\s+([A-Za-z])\s+(.+)", line)
        if not match or match[1] not in DEFINED or HARMLESS.match(match[2]):
            continue
        # The name itself, without the template arguments and parameters that may mention the namespace.
        name = re.split(r"[(<]", re.sub(r"\(anonymous namespace\)", "", match[2]))[0]
        if f"nbm::simd_{level}::" not in name:
            found.append(match[2])
    return found


def violations(build: Path) -> list[str]:
    """Return one sentence for each symbol out of place in the objects below the build folder."""
    found = []
    for path in sorted(build.rglob("*.o")):
        if level := object_level(path):
            output = subprocess.run(["nm", "-C", str(path)], check=True, capture_output=True, text=True).stdout
            found += [f"{path.name} ({level}): defines {name}" for name in foreign_symbols(output, level)]
    return found


def main() -> int:
    """Print the violations; the exit status is 1 when there are any."""
    found = violations(Path(sys.argv[1]))
    print("\n".join(found) or "simd symbols: in their namespaces")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
