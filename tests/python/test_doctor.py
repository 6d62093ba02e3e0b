"""nbm doctor: what it says of the MPI of this installation, and of CUDA's libraries."""

import importlib.util
from types import SimpleNamespace

import pytest

from nbm import doctor

ALL = {"nbm._mpi", "mpi4py"}


@pytest.fixture
def mpi(monkeypatch):
    """The finding on MPI where these modules exist and, imported in a process of their own, print or fail so."""

    def examine(present, nbm_says=("", ""), mpi4py_says=("", "")):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in present else None)
        monkeypatch.setattr(doctor, "_printed", lambda program: nbm_says if "nbm._mpi" in program else mpi4py_says)
        return doctor._mpi()

    return examine


def test_the_same_mpi_is_well(mpi):
    assert mpi(ALL, ("MPICH", ""), ("MPICH", "")) == doctor.Finding("mpi", "built with MPICH; mpi4py runs MPICH")


@pytest.mark.parametrize(
    ("present", "nbm_says", "mpi4py_says", "value"),
    [
        ({"mpi4py"}, ("", ""), ("MPICH", ""), "not in this build"),
        (ALL, ("", "libmpi.so.40: not found"), ("", ""), "cannot be loaded: libmpi.so.40: not found"),
        ({"nbm._mpi"}, ("Open MPI", ""), ("", ""), "built with Open MPI, but mpi4py is missing"),
        (ALL, ("Open MPI", ""), ("", "no MPI library"), "mpi4py cannot be loaded: no MPI library"),
        (ALL, ("Open MPI", ""), ("MPICH", ""), "built with Open MPI, but mpi4py runs MPICH: build both with one MPI"),
    ],
)
def test_what_is_amiss_is_said(mpi, present, nbm_says, mpi4py_says, value):
    finding = mpi(present, nbm_says, mpi4py_says)
    assert not finding.ok
    assert value in finding.value


def test_a_program_that_fails_gives_its_last_line():
    assert doctor._printed("print(6 * 7)") == ("42", "")
    assert doctor._printed("import no_such_module") == ("", "ModuleNotFoundError: No module named 'no_such_module'")
    assert doctor._printed("raise SystemExit(3)") == ("", "exit status 3")


def test_this_installation_is_described():
    (finding,) = [finding for finding in doctor.examine() if finding.name == "mpi"]
    built = importlib.util.find_spec("nbm._mpi") is not None
    assert finding.value.startswith("built with ") == built


def test_cuda_libraries_are_where_they_were_found(monkeypatch):
    found = [
        SimpleNamespace(name="cublas", path="/site/nvidia/cu13/lib/libcublas.so.13"),
        SimpleNamespace(name="cusolver", path=""),
        SimpleNamespace(name="nccl", path=""),
    ]
    monkeypatch.setattr(doctor._core, "cuda_libraries", lambda: found)
    cublas, cusolver, nccl = doctor._cuda_libraries()
    assert cublas == doctor.Finding("cublas", "/site/nvidia/cu13/lib/libcublas.so.13")
    assert not cusolver.ok
    assert "pip install nvidia-cusolver" in cusolver.value
    assert not nccl.ok
    assert "nvidia-nccl" in nccl.value
