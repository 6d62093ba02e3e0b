"""Body-fitted finite elements of high order on the cases of the suite: the peer of benchmarks/problems.py.

    pip install ngsolve
    python benchmarks/peers/ngsolve_problems.py sphere100 born     # JSON, one line a mesh and order

NGSolve and Netgen (https://ngsolve.org): tetrahedra that follow the interface, curved to the order of the elements;
orders 1 to 6, each on finer and finer meshes as long as the time allows. Errors are at the points of the case. Seconds
are of one mesh and order, meshing included, evaluation not: as if one had known which to take. "cpu" counts processor
time, for machines that do other things; it says what the work is on one thread only, since the threads of NGSolve wait
by spinning. Interior unknowns are eliminated cell by cell; the rest is solved by sparse Cholesky factors or, where they
are many, by conjugate gradients with BDDC.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

sys.path.insert(0, str(Path(__file__).parents[1]))

from problem_suite import CASES, Case
from problem_suite.case import Float64Array
from problem_suite.measure import Clock, rms
from problem_suite.references import CUBE_HALF, composite_balls, random_balls

import nbm

try:
    import netgen.occ as occ
    import ngsolve
except ImportError:
    sys.exit("the peer needs NGSolve: pip install ngsolve")

ORDERS = range(1, 7)
DIRECT_UNKNOWNS = 40_000  # sparse Cholesky up to here, and on the flat elements of graded meshes
GRADING = 0.125  # of the layers of elements at singular edges


def spheres(*balls: tuple[float, float, float, float]) -> list[Any]:
    """Return a solid for each (x, y, z, radius)."""
    return [occ.Sphere(occ.Pnt(*ball[:3]), float(ball[3])) for ball in balls]


# The pieces of the minus side and, where a piece has a hole, what fills it.
SOLIDS: dict[str, Callable[[], tuple[list[Any], list[Any]]]] = {
    name: (lambda radius=radius: (spheres((0, 0, 0, radius)), []))
    for name, radius in {
        "sphere2": 0.5, "sphere100": 0.5, "sphere1e4": 0.5, "heated": 0.5, "heated_chip": 5e-4, "small": 0.05,
        "born": 2.0, "absorbing": 0.5,
    }.items()
}  # fmt: skip
SOLIDS["coated"] = lambda: (spheres((0, 0, 0, 0.5)), spheres((0, 0, 0, 0.45)))
SOLIDS["layers"] = lambda: ([occ.Box((-1, -1, -1), (1, 1, 0.13))], [])
SOLIDS["no_interface"] = lambda: ([], [])
SOLIDS["composite"] = lambda: (spheres(*composite_balls().tolist()), [])
SOLIDS["random12"] = lambda: (spheres(*random_balls().tolist()), [])
SOLIDS["cube"] = lambda: ([occ.Box((-CUBE_HALF,) * 3, (CUBE_HALF,) * 3)], [])
SINGULAR = {"cube": 3}  # layers of elements that shrink towards its edges


def geometry(name: str, case: Case) -> Any:
    """Return the box, glued with the pieces; faces are called "walls" and "interface", solids "minus" and "plus"."""
    lower, upper = case.problem.box.lower, case.problem.box.upper
    box = occ.Box(occ.Pnt(*lower), occ.Pnt(*upper))
    box.faces.name = "walls"
    pieces, holes = SOLIDS[name]()
    for solid in pieces + holes:
        solid.faces.name = "walls" if name == "layers" else "interface"
    if name == "layers":
        pieces[0].faces.Max(occ.Z).name = "interface"
    if name in SINGULAR:
        for solid in pieces:
            solid.edges.hpref = 1
    rest = box
    for solid in pieces:
        rest = rest - solid
    shells = pieces
    for hole in holes:
        shells = [piece - hole for piece in shells]
    for solid in shells:
        solid.mat("minus")
    for solid in [rest, *holes]:
        solid.mat("plus")
    return occ.OCCGeometry(occ.Glue([rest, *shells, *holes]))


def mesh_of(name: str, case: Case, size: float, order: int) -> Any:
    """Return a mesh with elements of at most ``size``, curved to ``order``."""
    made = ngsolve.Mesh(geometry(name, case).GenerateMesh(maxh=size))
    if name in SINGULAR:
        made.RefineHP(SINGULAR[name], GRADING)
    made.Curve(order)
    return made


def coefficient(field: Any) -> Any:
    """Return a number or expression as a coefficient function."""
    functions = {name: getattr(ngsolve, name) for name in ("sin", "cos", "exp", "sqrt")}
    expression = sp.sympify(field)
    symbols = sorted(expression.free_symbols, key=str)
    value = sp.lambdify(symbols, expression, modules=[functions, "math"])
    return ngsolve.CoefficientFunction(value(*(getattr(ngsolve, str(symbol)) for symbol in symbols)))


def solve(problem: nbm.Problem, mesh: Any, order: int) -> Any:
    """Return the finite-element function of u, continuous: see :func:`values_of`."""
    sides = {"minus": problem.minus, "plus": problem.plus}

    def by_side(name: str) -> Any:
        return mesh.MaterialCF({side: coefficient(getattr(medium, name)) for side, medium in sides.items()})

    mu, k, f = (by_side(name) for name in ("mu", "k", "f"))
    space = ngsolve.H1(mesh, order=order, dirichlet="walls")
    u, v = space.TnT()
    system = ngsolve.BilinearForm(space, symmetric=True, condense=True)
    system += (mu * ngsolve.grad(u) * ngsolve.grad(v) + k * u * v) * ngsolve.dx(bonus_intorder=2)
    right = ngsolve.LinearForm(space)
    right += f * v * ngsolve.dx(bonus_intorder=4)
    right += -coefficient(problem.jump_flux) * v * ngsolve.ds("interface", bonus_intorder=4)
    direct = space.ndof <= DIRECT_UNKNOWNS or mesh.ne != sum(el.type == ngsolve.ET.TET for el in mesh.Elements())
    iterative = None if direct else ngsolve.Preconditioner(system, "bddc")
    system.Assemble()
    right.Assemble()
    found = ngsolve.GridFunction(space)
    found.Set(_wall_values(problem), definedon=mesh.Boundaries("walls"))
    if iterative is None:
        inverse = system.mat.Inverse(space.FreeDofs(coupling=True), "sparsecholesky")
    else:
        inverse = ngsolve.CGSolver(system.mat, iterative.mat, tol=1e-11, maxiter=500)
    _solve_condensed(system, right, found, inverse)
    return found


def values_of(found: Any, problem: nbm.Problem, points: Float64Array) -> Float64Array:
    """Return u at points (n, 3)."""
    at = found.space.mesh(*(points[:, axis].copy() for axis in range(3)))
    return np.asarray(found(at)).ravel() - _ghost(problem, points)


def _solve_condensed(system: Any, right: Any, found: Any, inverse: Any) -> None:
    residual = right.vec.CreateVector()
    residual.data = right.vec - system.mat * found.vec
    residual.data += system.harmonic_extension_trans * residual
    found.vec.data += inverse * residual
    found.vec.data += system.harmonic_extension * found.vec
    found.vec.data += system.inner_solve * right.vec


def _wall_values(problem: nbm.Problem) -> Any:
    if problem.minus.boundary is None:
        return coefficient(problem.boundary)
    level_set = coefficient(problem.level_set)
    return ngsolve.IfPos(level_set, coefficient(problem.plus.boundary), coefficient(problem.minus.boundary))


def _ghost(problem: nbm.Problem, points: Float64Array) -> Any:
    """Return what the continuous unknown has more than u: inside of the Born ion, its jump, which is constant there."""
    jump = sp.sympify(problem.jump_u)
    if jump == 0:
        return 0.0
    phi = problem.native.level_set.evaluate(points)
    radius = float(np.linalg.norm(points[0]) - phi[0])
    on_interface = problem.native.jump_u.evaluate(np.array([[radius, 0, 0], [0, 0, radius]]))
    if not math.isclose(on_interface[0], on_interface[1]):
        raise NotImplementedError("a jump of u that varies along the interface")
    return np.where(phi < 0, on_interface[0], 0.0)


def runs(name: str, case: Case, limit: float) -> Iterator[dict[str, float]]:
    """Solve with each order on finer and finer meshes; the last of an order takes some ``limit`` seconds."""
    edge = max(case.problem.box.edge)
    for order in ORDERS:
        size, spent = edge / 4, 0.0
        while spent < limit / 4:  # the next mesh has three to four times as many elements
            clock = Clock()
            with clock.running():
                found = solve(case.problem, mesh_of(name, case, size, order), order)
            spent = clock.cpu
            error = rms(values_of(found, case.problem, case.points) - case.truth) / case.size
            record = {"order": order, "size": size / edge, "unknowns": found.space.ndof, "error": error}
            yield record | {"seconds": clock.seconds, "cpu": clock.cpu}
            size /= 1.5


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(SOLIDS)}; default: all")
    parser.add_argument("--limit", type=float, default=10.0, help="processor seconds of the finest mesh of an order")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    ngsolve.SetNumThreads(options.threads)
    ngsolve.ngsglobals.msg_level = 0
    with ngsolve.TaskManager():
        for name in options.cases or SOLIDS:
            case = CASES[name]()
            assert case is not None
            for run in runs(name, case, options.limit):
                print(json.dumps({"case": name, "ngsolve": ngsolve.__version__, **run}), flush=True)


if __name__ == "__main__":
    main()
