"""The rules of the repository, and that each check finds what it looks for."""

from pathlib import Path

import check_layers
import check_repository
import check_simd_symbols
import pytest

from nbm import _core

ROOT = Path(__file__).resolve().parents[2]


def build_folder() -> Path:
    """The folder in which the tested package was compiled: its own parent, or the one that make uses."""
    extension = Path(_core.__file__).resolve()
    return extension.parents[2] if (extension.parents[2] / "CMakeCache.txt").is_file() else ROOT / "build" / "package"


def test_stages_know_only_earlier_stages():
    assert check_layers.violations(ROOT) == []


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("cpp/src/rows/a.cpp", '#include "nbm/network/siren.hpp"', "'network'"),
        ("cpp/include/nbm/core/a.hpp", '#include "nbm/problem/box.hpp"', "'problem'"),
        ("cpp/src/network/a.cpp", '#include "rows/scratch.hpp"', "'rows'"),
        ("cpp/src/training/a.cpp", "#include <omp.h>", "omp.h"),
        ("cpp/src/training/a.cpp", "#pragma omp parallel for", "OpenMP"),
        ("cpp/src/training/a.cpp", "#include <cuda_runtime.h>", "cuda/"),
        ("cpp/src/solution/a.cpp", "#include <mpi.h>", "mpi.hpp"),
        ("cuda/training.cu", "#include <nanobind/nanobind.h>", "bindings"),
        ("python/nbm/problem.py", "from nbm.training import Trainer", "'training'"),
        ("python/nbm/rows.py", "def f():\n    from nbm import rows", "circle"),
        ("python/bindings/bind_a.cpp", "nb::gil_scoped_release release;", "GilReleased"),
    ],
)
def test_layers_check_finds(tmp_path, path, text, expected):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text + "\n")
    (found,) = check_layers.violations(tmp_path)
    assert found.startswith(path.rsplit("/", 1)[0])
    assert expected in found


def test_simd_objects_define_only_symbols_of_their_namespace():
    objects = [o for o in build_folder().rglob("*.o") if check_simd_symbols.object_level(o)]
    if not objects:
        pytest.skip("no SIMD objects: the package was not built here, or for another processor")
    assert check_simd_symbols.violations(build_folder()) == []


def test_simd_check_finds_foreign_symbols():
    listing = """
0000000000000000 T nbm::simd_avx2::sweep(float const*, long)
0000000000000000 W void nbm::simd_avx2::inner<nbm::Box>(nbm::Box const&)
                 U memcpy
0000000000000010 t helper
0000000000000000 W float const& std::max<float>(float const&, float const&)
0000000000000000 W nbm::Wrap<nbm::simd_avx2::Pack>::call()
0000000000000000 T nbm::simd_avx512::sweep(float const*, long)
"""
    names = [name.split("(")[0] for name in check_simd_symbols.foreign_symbols(listing, "avx2")]
    assert names == [
        "float const& std::max<float>",
        "nbm::Wrap<nbm::simd_avx2::Pack>::call",
        "nbm::simd_avx512::sweep",
    ]


def test_no_machine_paths_hosts_or_leftovers():
    assert check_repository.violations(ROOT) == []


@pytest.mark.parametrize("line", ["cd /ro" + "ot/x", "// TO" + "DO: later", "pip --index-" + "url x", "#if" + " 0"])
def test_repository_check_finds(tmp_path, line):
    (tmp_path / "file.txt").write_text(line + "\n")
    assert len(check_repository.file_violations(tmp_path / "file.txt")) == 1


def test_repository_check_finds_large_files(tmp_path):
    (tmp_path / "large.bin").write_bytes(b"\xff" * (check_repository.LARGEST_FILE + 1))
    assert len(check_repository.file_violations(tmp_path / "large.bin")) == 1
