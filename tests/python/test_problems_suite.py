"""The problems of benchmarks/problems.py: what they state is right, and nbm.solve reaches their bars."""

import json
import runpy
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import nbm

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from problem_suite import CASES, report  # noqa: E402
from problem_suite.case import SMOOTH  # noqa: E402
from problem_suite.measure import is_trusted_and_wrong, on_grid, solved  # noqa: E402
from problem_suite.references import random_balls  # noqa: E402
from problem_suite.traps import TRAPS  # noqa: E402
from problem_suite.units import COPIES, ORIGINALS, in_units  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::nbm.NbmWarning")
PEER = BENCHMARKS / "peers" / "ngsolve_problems.py"


@pytest.mark.parametrize("name", ["sphere2", "heated", "born", "layers", "no_interface", "random12", "cube"])
def test_the_classical_solver_tends_to_the_truth(name):
    case = CASES[name]()
    coarse, fine = on_grid(case, 16)["error"], on_grid(case, 32)["error"]
    assert fine < coarse / 2  # second order is 4, and 2 is what a rough interface leaves
    assert fine < 0.01


@pytest.mark.parametrize("name", ["charged", "heated_conductor", "offset", "flat_chip"])
def test_the_classical_solver_tends_to_the_truth_of_traps(name):
    trap = TRAPS[name]()
    assert on_grid(trap, 32)["error"] < on_grid(trap, 16)["error"] / 1.5
    assert trap.size < 10  # a constant in u is no part of it


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sphere2", "coated", "heated_chip", "born"])
def test_solve_with_its_defaults_reaches_the_bars(name):
    case = CASES[name]()
    run = solved(case, seed=0)
    record = {"grid": on_grid(case), "runs": [run], "bars": asdict(case.bars), "truth_error": 0.0}
    assert report.missed(record) == []
    assert not run["trusted_and_wrong"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["charged", "flat_chip", "offset"])
def test_traps_are_not_trusted_and_wrong(name):
    run = solved(TRAPS[name](), seed=0)
    assert not run["trusted_and_wrong"], run


def test_the_random_balls_touch_neither_each_other_nor_the_walls():
    balls = random_balls()
    apart = np.linalg.norm(balls[:, None, :3] - balls[None, :, :3], axis=2) - balls[:, None, 3] - balls[None, :, 3]
    assert apart[np.triu_indices(len(balls), 1)].min() > 0.05
    assert (1 - np.abs(balls[:, :3]).max(axis=1) - balls[:, 3]).min() > 0.05


@pytest.mark.parametrize("units", COPIES, ids=lambda units: units.title)
@pytest.mark.parametrize("name", ORIGINALS)
def test_the_same_problem_in_other_units_has_the_same_discrete_error(name, units):
    original = ORIGINALS[name]()
    copy = in_units(original, units)
    # The solver's tolerance, 1e-10 of a right side with 300 in it, is 1e-4 of this error. Of 16 cells some nodes would
    # lie on the interface, on which side is a matter of round-off.
    assert on_grid(copy, 15)["error"] == pytest.approx(on_grid(original, 15)["error"], rel=1e-3)
    assert copy.size == pytest.approx(original.size * units.value, rel=1e-10)


def test_a_trusted_error_well_above_its_estimate_is_a_lie():
    case = CASES["sphere2"]()
    lie = {"trusted": True, "error": 1e-3, "estimate": 4e-4}
    assert is_trusted_and_wrong(lie, case)
    assert not is_trusted_and_wrong(lie | {"trusted": False}, case)
    assert not is_trusted_and_wrong(lie | {"estimate": 6e-4}, case)
    assert is_trusted_and_wrong({"trusted": True, "error": 0.03, "estimate": 0.03}, case)


def record_of(error, **changes):
    run = {"seed": 0, "error": error, "max": error, "seconds": 50.0, "cpu": 3.0, "estimate": 2 * error, "trusted": True}
    run |= {"reasons": [], "trusted_and_wrong": False} | changes
    return {"title": "a case", "grid": {"error": 1e-4}, "runs": [run], "bars": asdict(SMOOTH), "truth_error": 0.0}


def test_missed_bars_are_told():
    assert report.missed(record_of(9e-6)) == []  # 3 s of processors: the 50 of the wall are another's work
    assert report.missed(record_of(1.5e-5)) == ["0.1 of the grid's error, not 0.1"]
    assert len(report.missed(record_of(3e-5, trusted=False))) == 3
    assert report.missed(record_of(9e-6, seconds=50.0, cpu=60.0)) == ["50 s, 60 s of processors, not 20"]
    assert report.missed({**record_of(0.0), "runs": [{"seed": 0, "failed": "no memory"}]}) == ["failed: no memory"]


def test_the_peer_is_taken_at_its_fastest():
    found = [{"error": 1e-3, "cpu": 1.0}, {"error": 1e-5, "cpu": 3.0}, {"error": 1e-6, "cpu": 2.0}]
    assert report.to_the_same_error(found, 1e-5) == (found[2], True)
    assert report.to_the_same_error(found, 1e-9) == (found[2], False)


def test_the_table_of_the_readme_is_that_of_the_results():
    readme = (BENCHMARKS.parent / "README.md").read_text(encoding="utf-8")
    record = json.loads((BENCHMARKS / "results" / "problems.json").read_text())
    assert report.into_readme(readme, record) == readme
    assert (BENCHMARKS / "results" / "problems.md").read_text(encoding="utf-8") == report.whole(record)


def test_without_ngsolve_the_peer_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "ngsolve", None)
    monkeypatch.setitem(sys.modules, "netgen.occ", None)
    with pytest.raises(SystemExit, match="pip install ngsolve"):
        runpy.run_path(str(PEER))


def test_finite_elements_agree_with_the_formula():
    pytest.importorskip("ngsolve")
    program = f"""
import sys
sys.path[:0] = [{str(PEER.parent)!r}, {str(BENCHMARKS)!r}]
from ngsolve_problems import CASES, mesh_of, rms, solve, values_of
for name in ("heated", "born", "layers"):
    case = CASES[name]()
    found = solve(case.problem, mesh_of(name, case, max(case.problem.box.edge) / 4, 3), 3)
    print(rms(values_of(found, case.problem, case.points) - case.truth) / case.size)
"""
    path = str(Path(nbm.__file__).parents[1])
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": path})
    assert run.returncode == 0, run.stderr
    # Cubic elements a quarter of the box long: (1/4)^4 of what curves over a quarter.
    assert all(float(line) < 4e-3 for line in run.stdout.split())
