"""Jumps that depend on the solution: contact resistance, membranes, reactions on the interface."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, exp, log, sin, sqrt, x, y, z

CUBE = nbm.Box((-1, -1, -1), (1, 1, 1))
RADIUS = sqrt(x**2 + y**2 + z**2)
SPHERE = RADIUS - 0.5


def points_in(box=CUBE, count=3000):
    return np.random.default_rng(3).uniform(box.lower, box.upper, (count, 3))


def known_problem(resistance, reaction, inner=1.0, outer=1.0, level_set=SPHERE):
    return nbm.manufactured(
        u_minus=exp(z) * (1 + x / 3),
        u_plus=cos(x) * sin(y) + z**2 / 2 + x / 4,
        mu_minus=inner * (y**2 * log(x + 2) + 4),
        mu_plus=outer * exp(-z),
        level_set=level_set,
        resistance=resistance,
        surface_reaction=reaction,
    )


def sphere_with_a_law(resistance, reaction, inner=3.0, outer=2.0, radius=0.5):
    """A sphere in a field 1 + z: A + B z inside, 1 + C / r + z (1 + D / r^3) outside."""
    a, half = radius, resistance / 2
    even = [
        [-1, 1 / a + half * outer / a**2],
        [-reaction / 2, -outer / a**2 - reaction / 2 / a],
    ]
    A, C = np.linalg.solve(even, [-1, reaction / 2])
    odd = [
        [-a - half * inner, a**-2 + half * 2 * outer / a**3],
        [-inner - reaction / 2 * a, -2 * outer / a**3 - reaction / 2 / a**2],
    ]
    B, D = np.linalg.solve(odd, [-a + half * outer, -outer + reaction / 2 * a])
    problem = nbm.Problem(
        CUBE,
        RADIUS - a,
        minus=nbm.Medium(mu=inner),
        plus=nbm.Medium(mu=outer, boundary=1 + float(C) / RADIUS + z * (1 + float(D) / RADIUS**3)),
        resistance=resistance,
        surface_reaction=reaction,
    )
    points = points_in()
    r, height = np.linalg.norm(points, axis=1), points[:, 2]
    outside = 1 + C / np.maximum(r, a) + height * (1 + D / np.maximum(r, a) ** 3)
    return problem, points, np.where(r < a, A + B * height, outside)


def error_of(solution, points, truth):
    return float(np.sqrt(np.mean((solution(points) - truth) ** 2)) / np.ptp(truth))


def test_a_slab_with_contact_is_exact():
    # Between 0 and a flux of 1000 W/m2 through 1 m of 200 W/(m K), cut by a contact of 1000 W/(m2 K): a step of 1 K.
    contact = nbm.Problem(
        nbm.Box((0, 0, 0), (1, 1, 1)),
        z - 0.43,
        minus=nbm.Medium(mu=200.0),
        plus=nbm.Medium(mu=200.0),
        resistance=1e-3,
        walls={face: nbm.Neumann() for face in ("x-", "x+", "y-", "y+")} | {"z+": nbm.Neumann(1e3)},
    )
    on, _ = nbm.sampling.on_interface(contact, 100)
    solved = nbm.solve_on_grid(contact, 8)
    np.testing.assert_allclose(solved.jump(on), 1.0, atol=1e-6)
    np.testing.assert_allclose(solved.values, 5 * solved.points[:, 2] + (solved.points[:, 2] > 0.43), atol=1e-8)
    solution = nbm.solve(contact, seconds=2)
    np.testing.assert_allclose(solution.jump(on), 1.0, atol=1e-6)
    assert solution.certificate.trusted


@pytest.mark.parametrize(
    ("resistance", "reaction", "inner"),
    [(0.7, 0.0, 3.0), (0.1, 0.0, 300.0), (1e3, 0.0, 3.0), (0.0, 5.0, 3.0), (0.7, 5.0, 0.03)],
    ids=["membrane", "Kapitza", "insulated", "reaction", "both"],
)
def test_a_sphere_in_a_field_against_its_formula(resistance, reaction, inner):
    problem, points, truth = sphere_with_a_law(resistance, reaction, inner)
    solution = nbm.solve(problem, seconds=2)
    error = error_of(solution, points, truth)
    assert error < 1e-6
    assert solution.certificate.trusted
    assert solution.certificate.jump_u.relative < 1e-5
    assert error < solution.certificate.relative
    assert error_of(nbm.solve_on_grid(problem, 32), points, truth) < 1e-2


@pytest.mark.parametrize(
    ("resistance", "reaction", "inner", "outer", "level_set"),
    [
        (0.3 + x**2, 0.0, 1.0, 1.0, SPHERE),
        (0.5, 0.0, 100.0, 1.0, SPHERE),
        (0.5, 0.0, 0.01, 1.0, SPHERE),
        (0.0, 3.0 + y, 1.0, 1.0, SPHERE),
        (0.5, 3.0, 1.0, 10.0, SPHERE),
        (0.5, 0.0, 1.0, 1.0, (x / 0.7) ** 2 + (y / 0.5) ** 2 + (z / 0.6) ** 2 - 1),
        (0.5, 0.0, 1.0, 1.0, z - 0.3 * x - 0.15 * y - 0.1 * sin(2 * x) + 0.05),
    ],
    ids=["resistance", "inner conducts", "outer conducts", "reaction", "both", "no distance", "through walls"],
)
def test_the_classical_solver_is_of_second_order(resistance, reaction, inner, outer, level_set):
    known = known_problem(resistance, reaction, inner, outer, level_set)
    coarse, fine = (nbm.solve_on_grid(known, cells).error(known).rmse for cells in (24, 48))
    assert 1.8 <= np.log2(coarse / fine) <= 2.2


def test_solve_and_correct_know_the_laws():
    known = known_problem(0.5, 2.0)
    solution = nbm.solve(known, seconds=3)
    assert solution.error(known).rmse < 1e-6 * solution.certificate.range
    # Networks that are not trained yet: the correction has all of the jumps and fluxes to find.
    start = nbm.Trainer(known, network=nbm.Siren(hidden=(8,)), optimizer="gauss_newton").solution()
    assert start.correct(known, 32).error(known).rmse < 1e-3 * start.error(known).rmse


def test_networks_train_with_the_rows_of_the_jumps(tmp_path):
    known = known_problem(0.5, 2.0)
    options = {"network": nbm.Siren(hidden=(20,)), "optimizer": nbm.GaussNewton(steps=30, starts=1), "threads": 1}
    trainer = nbm.Trainer(known, **options)
    trainer.step(15)
    trainer.save_checkpoint(tmp_path / "half.safetensors")
    trainer.run()
    solution = trainer.solution()
    assert solution.info["discretization"] == "direct_jump"
    assert solution.error(known).rmse < 1e-3
    again = nbm.Trainer(known, **options)
    again.load_checkpoint(tmp_path / "half.safetensors")
    again.run()
    np.testing.assert_array_equal(again.parameters, trainer.parameters)


@pytest.mark.parametrize("laws", [(0.3 + x**2, 0.0), (0.0, 3 + y)], ids=["resistance", "reaction"])
def test_networks_by_cut_cells_are_of_second_order(laws):
    # The output layer alone, which has no local minima: what is left is the error of the cells.
    known, errors = known_problem(*laws), []
    for cells in (12, 24):
        solution = nbm.solve(
            known,
            network=nbm.Siren(hidden=(200,), trained="output"),
            discretization="bochkov_gibou",
            cells=cells,
            optimizer=nbm.GaussNewton(steps=16, starts=1, stop_fraction=0),
            sampling=nbm.Sampling(regular=1000, irregular=500, boundary=300),
            threads=1,
        )
        errors.append(solution.error(known).rmse)
    assert np.log2(errors[0] / errors[1]) > 1.8


def test_a_surface_reaction_holds_constants():
    # Insulated walls: f = 1 in what is outside goes to the sphere, where its reaction is S times 4 pi / 4 times u.
    # To a percent, as the area of the sphere on a grid.
    box = nbm.Problem(
        CUBE,
        SPHERE,
        plus=nbm.Medium(f=1.0),
        surface_reaction=2.0,
        walls={face: nbm.Neumann() for face in ("x-", "x+", "y-", "y+", "z-", "z+")},
    )
    solution = nbm.solve_on_grid(box, 32)
    on, _ = nbm.sampling.on_interface(box, 2000)
    taken = 2.0 * np.pi * np.mean(solution.minus(on) + solution.plus(on)) / 2
    assert taken == pytest.approx(8 - 4 / 3 * np.pi / 8, rel=1e-2)


def test_statements_files_and_errors(tmp_path):
    stated = nbm.Problem(CUBE, SPHERE, resistance=0.1 + x**2, surface_reaction=3)
    assert pickle.loads(pickle.dumps(stated)).digest() == stated.digest()
    assert "resistance=x**2 + 0.1, surface_reaction=3" in repr(stated)
    plain = nbm.Problem(CUBE, SPHERE)
    assert stated.digest() != plain.digest() != stated.replace(resistance=0).digest()
    file = tmp_path / "laws.toml"
    file.write_text(
        '[box]\nlower = [-1, -1, -1]\n[problem]\nlevel_set = "sqrt(x**2 + y**2 + z**2) - 0.5"\n'
        'resistance = "0.1 + x**2"\nsurface_reaction = 3\n'
    )
    assert nbm.problem_from_toml(file).digest() == stated.digest()
    with pytest.raises(nbm.InvalidField, match=r"resistance is -0\.5.*must not be negative"):
        nbm.Problem(CUBE, SPHERE, resistance=-0.5)
    with pytest.raises(nbm.InvalidField, match="surface_reaction is"):
        nbm.Problem(CUBE, SPHERE, surface_reaction=lambda p: p[:, 0] * np.nan)
