"""What this installation of nbm contains and what this machine runs, for ``nbm doctor`` and bug reports."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from dataclasses import dataclass

from nbm import _core

__all__ = ["Finding", "examine"]

# Package, and what it brings.
_OPTIONAL = {
    "matplotlib": "pictures of slices",
    "pyvista": "pictures of surfaces and volumes",
    "trimesh": "level sets from triangle meshes",
    "scipy": "the classical solver on a grid",
    "pyamg": "the classical solver on a grid",
    "mpi4py": "training on many ranks",
    "safetensors": "reading model files elsewhere",
}


@dataclass(frozen=True)
class Finding:
    """One fact: ``ok`` is False for what is missing here, and ``value`` then says how to get it."""

    name: str
    value: str
    ok: bool = True


def examine() -> list[Finding]:
    """Return the facts about this installation and machine. Never raises."""
    build = _core.build_info()
    return [
        Finding("nbm", f"{build.version}, {build.build_type}, {build.compiler}"),
        Finding("python", f"{platform.python_version()}, {platform.system()} {platform.machine()}"),
        Finding("vector unit", f"{_core.simd_level()} (NBM_SIMD lowers it)"),
        Finding("cores", str(_core.available_cores())),
        _cuda(build.cuda, build.cuda_emulated),
        _mpi(),
        Finding("device auto", _core.resolve_device("auto")),
        *(_package(name, use) for name, use in _OPTIONAL.items()),
    ]


def _cuda(built: bool, emulated: bool) -> Finding:
    if emulated:
        return Finding("cuda", "emulated on the CPU (NBM_CUDA=EMULATE): a build for tests, slow", ok=False)
    if not built:
        return Finding("cuda", "not in this build; training runs on the CPU", ok=False)
    devices = _core.cuda_device_count()
    return Finding("cuda", f"built, {devices} usable devices", ok=devices > 0)


def _mpi() -> Finding:
    if importlib.util.find_spec("nbm._mpi") is None:
        return Finding("mpi", "not in this build; training runs in one process", ok=False)
    ready = importlib.util.find_spec("mpi4py") is not None
    return Finding("mpi", "built" if ready else "built, but mpi4py is missing: pip install 'nbm[mpi]'", ok=ready)


def _package(name: str, use: str) -> Finding:
    try:
        return Finding(name, f"{importlib.metadata.version(name)}: {use}")
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, f"not installed (pip install {name}): {use}", ok=False)
