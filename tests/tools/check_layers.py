"""Checks who includes what: stages know themselves and earlier ones, foreign libraries stay where they belong.

Usage: python check_layers.py [REPOSITORY]
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

# Stage -> stages that it may know (docs/architecture.md).
ALLOWED = {
    "core": {"core"},
    "problem": {"core", "problem"},
    "sampling": {"core", "problem", "sampling"},
    "rows": {"core", "problem", "sampling", "rows"},
    "network": {"core", "network"},
    "training": {"core", "problem", "sampling", "rows", "network", "training"},
    "solution": {"core", "problem", "sampling", "rows", "network", "training", "solution"},
}

# In Python, where a call returns the next stage's objects.
ALSO_IN_PYTHON = {("training", "solution")}  # Trainer.solution(), solve()

# What may be included -> where (path prefixes). Nothing: nowhere.
FOREIGN = {
    r"<mpi\.h>": ("cpp/include/nbm/mpi.hpp",),
    r"<omp\.h>": (),
    r"<Eigen/\S*>": ("cpp/src/",),
    r"<(cuda|cublas|cusolver|curand|cusparse|nccl|thrust/|cub/)\S*>": ("cuda/",),
    r"<(nanobind/|Python\.h)\S*": ("python/bindings/",),
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"][^>"]+[>"])', re.MULTILINE)
IMPORT = re.compile(r"^(?:from|import)\s+nbm\.(\w+)", re.MULTILINE)
CXX_SUFFIXES = {".hpp", ".cpp", ".cu", ".cuh", ".h"}


def stage_of(path: str) -> str | None:
    """Return the stage that the file (path from the repository root) belongs to, if any."""
    match = re.match(r"(?:cpp/include/nbm|cpp/src|cuda)/(\w+)", path) or re.match(r"python/nbm/([a-z]+)", path)
    return match[1] if match and match[1] in ALLOWED else None


def stage_included(target: str) -> str | None:
    """Return the stage of an include such as "nbm/rows/cut_cell.hpp" or "rows/scratch.hpp"."""
    match = re.match(r'[<"](?:nbm/)?(\w+)/', target)
    return match[1] if match and match[1] in ALLOWED else None


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Yield path and text of every C++ and Python source that the rules concern."""
    for tree in ("cpp", "cuda", "python"):
        for file in sorted((root / tree).rglob("*")):
            if file.suffix in CXX_SUFFIXES or file.suffix == ".py":
                yield file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")


def modules_imported(text: str) -> set[str]:
    """Return the modules of nbm that a Python source imports anywhere, also inside functions and for types alone."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == "nbm":
            found |= {f"nbm.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nbm."):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "nbm"}
    return found


def circle(root: Path) -> list[str]:
    """Return modules of the Python package that import each other in a circle, the first also last; none: empty."""
    known = {}
    for file in (root / "python" / "nbm").rglob("*.py"):
        name = ".".join(file.relative_to(root / "python").with_suffix("").parts).removesuffix(".__init__")
        known[name] = modules_imported(file.read_text(encoding="utf-8"))
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def violations(root: Path) -> list[str]:
    """Return one sentence for each broken rule."""
    found = []
    for path, text in sources(root):
        stage = stage_of(path)
        python = path.endswith(".py")
        known = IMPORT.findall(text) if python else [stage_included(t) for t in INCLUDE.findall(text)]
        for other in known:
            if python and (stage, other) in ALSO_IN_PYTHON:
                continue
            if stage and other in ALLOWED and other not in ALLOWED[stage]:
                found.append(f"{path}: stage '{stage}' may not know '{other}'")
        if python:
            continue
        if "gil_scoped" in text and not path.endswith("bindings/gil.hpp"):
            found.append(f"{path}: the lock of the interpreter is taken by GilReleased and GilHeld of bindings/gil.hpp")
        for target in INCLUDE.findall(text):
            for pattern, places in FOREIGN.items():
                if re.match(pattern, target) and not path.startswith(places):
                    found.append(f"{path}: {target} belongs in {' or '.join(places) or 'no file'}")
        if re.search(r"#\s*pragma\s+omp\b", text):
            found.append(f"{path}: threads come from nbm::ThreadPool, not from OpenMP")
    if modules := circle(root):
        found.append(f"python/nbm: {' -> '.join(modules)}: imports in a circle")
    return found


def main() -> int:
    """Print the violations; the exit status is 1 when there are any."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = violations(root)
    print("\n".join(found) or "layers: in order")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
