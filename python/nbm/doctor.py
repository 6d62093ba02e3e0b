"""What this installation of nbm contains and what this machine runs, for ``nbm doctor`` and bug reports."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import subprocess
import sys
from dataclasses import dataclass

from nbm import _core
from nbm.communicator import implementations_differ

__all__ = ["Finding", "examine"]

# Package, the extra of nbm that brings it, and what for.
_OPTIONAL = {
    "matplotlib": ("viz", "pictures of slices and curves"),
    "trimesh": ("geometry", "reading triangle meshes"),
    "libigl": ("geometry", "solids inside of meshes, surfaces of images"),
    "tifffile": ("geometry", "reading TIFF stacks"),
    "pynrrd": ("geometry", "reading NRRD images"),
    "pdb2pqr": ("molecules", "charges for PDB files"),
    "scipy": ("grid", "the classical solver on a grid"),
    "mpi4py": ("mpi", "training on many ranks"),
    "safetensors": ("test", "reading model files elsewhere"),
}
_RENDER = """
import pyvista
plotter = pyvista.Plotter(off_screen=True, window_size=(32, 32))
plotter.add_mesh(pyvista.Sphere())
plotter.screenshot(None, return_img=True)
print(plotter.render_window.GetClassName())
"""


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
        *_cuda_libraries(),
        _mpi(),
        Finding("device auto", _core.resolve_device("auto")),
        _pyvista(),
        *(_package(name, extra, use) for name, (extra, use) in _OPTIONAL.items()),
    ]


def _cuda(built: bool, emulated: bool) -> Finding:
    if emulated:
        return Finding("cuda", "emulated on the CPU (NBM_CUDA=EMULATE): a build for tests, slow", ok=False)
    if not built:
        return Finding("cuda", "not in this build; training runs on the CPU", ok=False)
    devices = _core.cuda_device_count()
    return Finding("cuda", f"built, {devices} usable devices", ok=devices > 0)


def _cuda_libraries() -> list[Finding]:
    """The libraries that this build loads when it needs them."""
    missing = {
        "cublas": "not found; Gauss-Newton on a GPU needs it: pip install nvidia-cublas, or set CUDA_HOME",
        "cusolver": "not found; Gauss-Newton on a GPU needs it: pip install nvidia-cusolver, or set CUDA_HOME",
        "nccl": "not found; ranks with GPUs add through the host: pip install nvidia-nccl-cu13",
    }
    return [
        Finding(library.name, library.path or missing[library.name], ok=bool(library.path))
        for library in _core.cuda_libraries()
    ]


def _mpi() -> Finding:
    if importlib.util.find_spec("nbm._mpi") is None:
        return Finding("mpi", "not in this build; training runs in one process", ok=False)
    built_with, error = _printed("import nbm._mpi; print(nbm._mpi.implementation)")
    if error:
        return Finding("mpi", f"built, but its MPI cannot be loaded: {error}", ok=False)
    name = built_with or "an MPI that nbm has no name for"
    if importlib.util.find_spec("mpi4py") is None:
        return Finding("mpi", f"built with {name}, but mpi4py is missing: pip install 'nbm[mpi]'", ok=False)
    vendor, error = _printed(
        "import mpi4py; mpi4py.rc(initialize=False, finalize=False); from mpi4py import MPI; print(MPI.get_vendor()[0])"
    )
    if error:
        return Finding("mpi", f"built with {name}, but mpi4py cannot be loaded: {error}", ok=False)
    if implementations_differ(built_with, vendor):
        return Finding("mpi", f"built with {name}, but mpi4py runs {vendor}: build both with one MPI", ok=False)
    return Finding("mpi", f"built with {name}; mpi4py runs {vendor}")


def _printed(program: str) -> tuple[str, str]:
    """Run a Python program in a process of its own, so that no MPI is loaded here: (what it printed, its error)."""
    try:
        result = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    if result.returncode == 0:
        return result.stdout.strip(), ""
    lines = result.stderr.strip().splitlines()
    return "", lines[-1] if lines else f"exit status {result.returncode}"


def _package(name: str, extra: str, use: str) -> Finding:
    try:
        return Finding(name, f"{importlib.metadata.version(name)}: {use}")
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, f"not installed (pip install 'nbm[{extra}]'): {use}", ok=False)


def _pyvista() -> Finding:
    """Say whether surfaces can be drawn: PyVista needs a way to render without a screen."""
    finding = _package("pyvista", "viz", "pictures of surfaces and volumes")
    if not finding.ok:
        return finding
    window, error = _printed(_RENDER)
    if error:
        message = f"{finding.value}; but it cannot render without a screen: {error}; matplotlib draws instead"
        return Finding("pyvista", message, ok=False)
    return Finding("pyvista", f"{finding.value}; renders off screen by {window}")
