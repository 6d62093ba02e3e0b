"""What objects are expected to do: be copied, pickled, compared, printed; and errors that are always nbm's own."""

from __future__ import annotations

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import nbm
from nbm import symbols
from nbm.grid_solver import GridSolution

FEW = {"network": nbm.Siren(hidden=(8,)), "cells": 16, "optimizer": nbm.Adam(steps=6), "record_every": 2}
POINTS = np.random.default_rng(3).uniform(-0.9, 0.9, (50, 3))


def level_set(points):
    return points[:, 0] - 0.1


def grid() -> nbm.GridField:
    return nbm.GridField(np.random.default_rng(1).normal(size=(5, 6, 7)), nbm.Box((-2, -2, -2), (2, 2, 2)))


def stated() -> nbm.Problem:
    plus = nbm.Medium(mu=2 + symbols.x**2, f=grid(), boundary=symbols.exp(symbols.y))
    return nbm.Problem(nbm.Box((-1, -1, -1), (1, 1, 1.5)), level_set, plus=plus, jump_u=symbols.sin(symbols.z))


def trained(problem=None) -> nbm.Trainer:
    trainer = nbm.Trainer(nbm.problems.sphere() if problem is None else problem, **FEW)
    trainer.step(3)
    return trainer


def pickled(value):
    return pickle.loads(pickle.dumps(value))


COPIES = {"pickle": pickled, "deepcopy": copy.deepcopy, "copy": copy.copy}


@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
def test_statements_can_be_copied(again):
    assert again(nbm.Box((0, 0, 0), (1, 2, 3))) == nbm.Box((0, 0, 0), (1, 2, 3))
    assert again(nbm.Siren(hidden=[3, 4])) == nbm.Siren(hidden=(3, 4))
    np.testing.assert_array_equal(again(grid())(POINTS), grid()(POINTS))
    for problem in (stated(), nbm.problems.sphere()):
        other = again(problem)
        assert type(other) is type(problem)
        assert other.digest() == problem.digest()
        np.testing.assert_array_equal(other.native.plus.f.evaluate(POINTS), problem.native.plus.f.evaluate(POINTS))
    exact = nbm.problems.sphere()
    np.testing.assert_array_equal(again(exact).exact(POINTS), exact.exact(POINTS))


@pytest.mark.parametrize("again", [pickled, copy.deepcopy], ids=["pickle", "deepcopy"])
def test_trainers_and_solutions_can_be_copied(again):
    for problem in (stated(), None):
        trainer = trained(problem)
        other = again(trainer)
        assert other.steps_done == 3
        assert other.history == trainer.history
        trainer.run()
        other.run()
        np.testing.assert_array_equal(other.parameters, trainer.parameters)
        solution = trainer.solution()
        solution.threads = 1
        copied = again(solution)
        np.testing.assert_array_equal(copied(POINTS), solution(POINTS))
        np.testing.assert_array_equal(copied.level_set(POINTS), solution.level_set(POINTS))
        assert copied.history == solution.history
        assert copied.stop_reason == "completed"
        assert copied.threads == 1
    classical = nbm.solve_on_grid(nbm.problems.sphere(), 8)
    other = again(classical)
    assert isinstance(other, GridSolution)
    np.testing.assert_array_equal(other.values, classical.values)
    np.testing.assert_array_equal(other(POINTS), classical(POINTS))


def evaluate(solution):
    return solution(POINTS)


@pytest.mark.slow
def test_solutions_go_to_spawned_processes():
    solution = trained().solution()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (values,) = pool.map(evaluate, [solution])
    np.testing.assert_array_equal(values, solution(POINTS))


@pytest.fixture(scope="module")
def decided():
    return nbm.solve(nbm.Problem(nbm.Box(), symbols.x - 0.1, plus=nbm.Medium(mu=2), boundary=symbols.y), seconds=1)


@pytest.mark.parametrize("again", [pickled, copy.deepcopy], ids=["pickle", "deepcopy"])
def test_what_solve_decided_is_kept(decided, again):
    other = again(decided)
    np.testing.assert_array_equal(other(POINTS), decided(POINTS))
    assert other.certificate == decided.certificate
    assert other.summary() == decided.summary()


def test_notebooks_show_the_verdict_and_a_slice(decided):
    shown = decided._repr_html_()
    assert decided.certificate.verdict in shown
    assert "<pre>tried" in shown
    assert 'src="data:image/png;base64,' in shown


@pytest.mark.slow
def test_joblib_spreads_problems_and_solutions_over_processes():
    joblib = pytest.importorskip("joblib")
    problems = [nbm.Problem(nbm.Box(), symbols.x - 0.1, plus=nbm.Medium(mu=mu), boundary=symbols.y) for mu in (2, 3)]
    jobs = (joblib.delayed(nbm.solve_on_grid)(problem, 8, threads=1) for problem in problems)
    for found, problem in zip(joblib.Parallel(n_jobs=2)(jobs), problems, strict=True):
        np.testing.assert_array_equal(found(POINTS), nbm.solve_on_grid(problem, 8)(POINTS))


ERRORS = [
    nbm.InvalidArgument("message", "name"),
    nbm.InvalidField("message", "plus.mu", -1.0, (1.0, 2.0, 3.0)),
    nbm.NonFiniteLoss("message", 7, "regular"),
    nbm.BackendUnavailable("message", "cuda"),
    nbm.FileError("message", "file"),
    nbm.ProblemFileError("message", "file", "plus.mu", 3),
    nbm.RankFailure("message", 1),
    nbm.RanksDiverged("message", 4, 1),
    nbm.NotConverged("message", 3, (0.5, 0.0, 0.25)),
    nbm.Interrupted("message", None),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_keep_their_fields_between_processes(error):
    other = pickled(error)
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert vars(other) == vars(error)


def test_every_error_is_in_that_list():
    listed = {type(error) for error in ERRORS}
    kinds = [kind for kind in vars(nbm.errors).values() if isinstance(kind, type) and issubclass(kind, BaseException)]
    assert {kind for kind in kinds if not issubclass(kind, Warning)} - {nbm.NbmError} == listed


def test_objects_compare_and_hash():
    classical = nbm.solve_on_grid(nbm.problems.sphere(), 8)
    for value in (classical, stated(), grid(), trained(), trained().solution(), nbm.Box(), nbm.Siren()):
        assert value == value
        assert value != 3
        assert len({value, value}) == 1


def test_repr_tells_what_an_object_is():
    assert repr(nbm.Box()) == "Box(lower=(-1.0, -1.0, -1.0), upper=(1.0, 1.0, 1.0))"
    assert repr(grid()).startswith("GridField(values of shape (5, 6, 7), Box(")
    assert "level_set=<function level_set>" in repr(stated())
    assert "mu=x**2 + 2" in repr(stated())
    assert repr(nbm.problems.sphere()).startswith("ManufacturedProblem(Box(")
    trainer = trained()
    assert repr(trainer).startswith("Trainer(step 3 of 6, running, Siren(hidden=(8,)")
    solution = trainer.solution()
    assert "82 parameters, level set: expression, running after 3 steps" in repr(solution)
    shown = solution._repr_html_()
    assert "certify(problem) tells how far to trust it" in shown
    assert 'src="data:image/png;base64,' in shown


def solve(**options):
    return nbm.solve(nbm.problems.sphere(), **{**FEW, **options})


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: nbm.solve(5), "problem"),
        (lambda: nbm.Trainer(None), "problem"),
        (lambda: nbm.solve_on_grid("sphere"), "problem"),
        (lambda: nbm.sampling.Sampler(5), "problem"),
        (lambda: solve(network=[10, 10]), "network"),
        (lambda: solve(sampling=5), "sampling"),
        (lambda: solve(resolution=2), "resolution"),
        (lambda: solve(plateau=True), "plateau"),
        (lambda: solve(seed=2**64), "seed"),
        (lambda: solve(seed=1.5), "seed"),
        (lambda: solve(threads=2**31), "threads"),
        (lambda: solve(threads=True), "threads"),
        (lambda: solve(device=5), "device"),
        (lambda: solve(discretization=5), "discretization"),
        (lambda: solve(loss=None), "loss"),
        (lambda: solve(precision=64), "precision"),
        (lambda: solve(cells=10**30), "cells"),
        (lambda: solve(cells=None, cell_size=[[1]]), "cell_size"),
        (lambda: solve(record_every=1e30), "record_every"),
        (lambda: solve(check_every=2**70), "check_every"),
        (lambda: solve(optimizer=nbm.Adam), "optimizer"),
        (lambda: solve(callback=5), "callback"),
        (lambda: solve(callback=lambda record: np.zeros(3)), "callback"),
        (lambda: solve(comm=5), "comm"),
        (lambda: trained().step(1e30), "count"),
        (lambda: trained().step(2**63), "count"),
        (lambda: nbm.Siren(omega="a"), "omega"),
        (lambda: nbm.Siren(hidden="55"), "hidden"),
        (lambda: nbm.Siren(hidden=(2.7,)), "hidden"),
        (lambda: nbm.Siren(hidden=5), "hidden"),
        (lambda: nbm.Siren(hidden=(2**40,)), "hidden"),
        (lambda: nbm.Adam(schedule=5), "schedule"),
        (lambda: nbm.Adam(steps=1e3), "steps"),
        (lambda: nbm.Adam(learning_rate=10**400), "learning_rate"),
        (lambda: nbm.GaussNewton(damping="1"), "damping"),
        (lambda: nbm.GaussNewton(starts=2**40), "starts"),
        (lambda: nbm.Plateau(tolerance="a"), "tolerance"),
        (lambda: nbm.Box((0, 0, 0), (10**400, 1, 1)), "upper"),
        (lambda: nbm.Problem(nbm.Box(), plus=nbm.Medium(mu=10**400)), "plus.mu"),
        (lambda: nbm.Problem(nbm.Box(), plus=5), "plus"),
        (lambda: nbm.Problem(nbm.Box(), plus=nbm.Medium(mu=lambda x, y: 1.0)), "plus.mu"),
        (lambda: trained().solution().to_vtk("a.vtk"), "path"),
        (lambda: trained().solution().flux_jump(5, POINTS, POINTS), "problem"),
        (lambda: trained().solution().flux_jump(stated(), POINTS, POINTS[1:]), "normals"),
        (lambda: trained().solution()(POINTS, precision=5), "precision"),
        (lambda: trained().solution().certify(5), "problem"),
        (lambda: trained().solution().certify(nbm.problems.sphere(), cells="a"), "cells"),
        (lambda: trained().solution().certify(nbm.problems.sphere(), points=1.5), "points"),
        (lambda: trained().solution().certify(nbm.problems.sphere(), tolerance="a"), "tolerance"),
        (lambda: trained().solution().to_vtk("a.vti", fields=5), "fields"),
        (lambda: trained().solution().plot_slice("a.png", position="a"), "position"),
        (lambda: trained().solution().plot_slice("a.png", axis="z", resolution="a"), "resolution"),
        (lambda: trained().solution().plot_field("a.png", cells="a"), "cells"),
        (lambda: trained().solution().surface(cells="a"), "cells"),
        (lambda: nbm.Problem(nbm.Box(), walls=5), "walls"),
    ],
)
def test_wrong_arguments_are_one_sentence_that_names_them(make, name):
    with pytest.raises(nbm.InvalidArgument) as caught:
        make()
    assert caught.value.name == name
    assert "\n" not in str(caught.value)


def test_what_runs_is_allowed_by_the_types():
    box = nbm.Box([-1, -1, -1], np.array([1, 1, 1]))
    assert box == nbm.Box()
    assert nbm.Siren(hidden=np.array([3, 4])).hidden == (3, 4)
    problem = nbm.Problem(box, plus=nbm.Medium(mu=np.float32(2), f=np.int64(3), k=lambda x, y, z: x * 0))
    assert nbm.Trainer(problem, network=nbm.Siren(hidden=[8]), cells=np.int32(16), optimizer="adam").steps == 20000


def test_voxels_are_at_the_centres():
    box = nbm.Box((0, 0, 0), (4, 3, 2))
    centres = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in (4, 3, 2)), indexing="ij"), axis=-1)
    values = centres @ [1.0, 10.0, 100.0]
    field = nbm.GridField.from_voxels(values, box)
    np.testing.assert_allclose(field(centres), values, rtol=1e-14)
    # Linear between the centres; in the half voxel at the faces as the nearest centre.
    assert field([2.25, 1.5, 1.0]) == pytest.approx(2.25 + 15 + 100, rel=1e-14)
    assert field([0.0, 1.5, 0.5]) == pytest.approx(0.5 + 15 + 50, rel=1e-14)
    of_vtk = nbm.GridField.from_voxels(values.ravel(order="F").reshape(2, 3, 4), box, order="F")
    np.testing.assert_array_equal(of_vtk(centres), field(centres))
    mask = np.zeros((4, 3, 2), dtype=bool)
    mask[:2] = True
    half = nbm.GridField.from_voxels(0.5 - mask, box)
    assert half([2.0, 1.0, 1.0]) == 0.0
    np.testing.assert_array_equal(nbm.GridField.from_voxels(mask, box)(centres), mask)
    problem = nbm.Problem(box, half, plus=nbm.Medium(f=1.0))
    assert nbm.sampling.Sampler(problem).interface_area == pytest.approx(6.0, rel=1e-3)
    with pytest.raises(nbm.InvalidArgument, match="order"):
        nbm.GridField.from_voxels(values, box, order="K")
