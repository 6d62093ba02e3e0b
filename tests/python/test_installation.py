"""The package as it is installed: version, type stubs, the C++ library beside it."""

import ast
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import nbm
from nbm import _core

PACKAGE = Path(nbm.__file__).parent
INSTALLED = (PACKAGE / "lib" / "cmake" / "nbm" / "nbmConfig.cmake").is_file()


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "nbm", *arguments], capture_output=True, text=True)


def stub_names():
    """Every public name that the type stub of the extension declares, members as Class.member."""
    names = set()
    for node in ast.parse((PACKAGE / "_core.pyi").read_text()).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [node])
        for target in targets:
            name = getattr(target, "id", None) or getattr(target, "name", "")
            names.add(name)
            if isinstance(node, ast.ClassDef):
                names.update(f"{name}.{m.name}" for m in node.body if isinstance(m, ast.FunctionDef))
    return {name for name in names if name and not name.startswith("_") and "._" not in name}


def test_the_stub_declares_what_the_extension_has():
    public = {name for name in dir(_core) if not name.startswith("_")}
    assert {name for name in stub_names() if "." not in name} == public
    for name in stub_names():
        value = _core
        for part in name.split("."):
            value = getattr(value, part)


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_every_public_name_exists_and_is_documented():
    for name in nbm.__all__:
        assert getattr(nbm, name).__doc__, name


def test_versions_agree():
    assert run("--version").stdout.strip() == f"nbm {nbm.__version__}"
    assert nbm.__version__ == _core.build_info().version


@pytest.mark.skipif(not INSTALLED, reason="the package runs from a build folder")
def test_the_installed_package_is_a_cmake_package():
    assert metadata.version("nbm") == nbm.__version__
    folder = Path(run("--cmake-dir").stdout.strip())
    assert (folder / "nbmConfig.cmake").is_file()
    assert (PACKAGE / "include" / "nbm" / "core" / "device.hpp").is_file()
    assert list((PACKAGE / "lib").glob("libnbm.*"))


@pytest.mark.skipif(INSTALLED, reason="the package is installed")
def test_a_build_folder_says_that_it_is_no_cmake_package():
    answer = run("--cmake-dir")
    assert answer.returncode == 1
    assert "install nbm with pip" in answer.stderr


def test_a_wrong_option_is_an_error():
    assert run("--no-such-option").returncode == 2


IMPORTING = """
import sys, time
before = time.process_time()
import nbm
seconds = time.process_time() - before
late = {"sympy", "pydantic", "rich", "typer", "matplotlib", "pyvista", "scipy"} & set(sys.modules)
print(seconds, *late)
nbm.symbols.x, nbm.viz.Series, nbm.geometry.sphere, nbm.problems.sphere, nbm.expressions.parse
"""


def test_importing_is_quick_and_brings_what_is_needed_when_it_is():
    runs = [subprocess.run([sys.executable, "-c", IMPORTING], capture_output=True, text=True) for _ in range(3)]
    assert not any(run.stderr for run in runs), runs[0].stderr
    printed = [run.stdout.split() for run in runs]
    assert all(len(words) == 1 for words in printed), f"imported with nbm: {printed[0][1:]}"
    assert min(float(words[0]) for words in printed) < 0.35  # processor seconds
    assert {"geometry", "symbols", "viz"} <= set(dir(nbm))
    with pytest.raises(AttributeError):
        nbm.no_such_name  # noqa: B018
