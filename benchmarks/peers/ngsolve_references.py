"""Make the reference values of problem_suite/data: u at random points by finite elements of high order (NGSolve).

    pip install ngsolve
    python benchmarks/peers/ngsolve_references.py   # minutes; prints how far two solutions differ

Mirror images are used where there are any: an eighth of the composite and of the cube, whose edges get elements that
shrink geometrically. ``rms_error`` is the RMS difference from elements of one order less on the same mesh, over which
the stored solution is better.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import netgen.occ as occ
import ngsolve
from ngsolve_problems import GRADING, solve, spheres, values_of
from problem_suite.case import Float64Array, random_points
from problem_suite.references import (
    CUBE_HALF,
    DATA,
    composite_balls,
    composite_problem,
    cube_problem,
    random12_problem,
    random_balls,
)


def glued(box: Any, mirrors: list[Any], solids: list[Any]) -> Any:
    """Return the box with the solids in it; faces are "walls", "interface", or "mirror" in the given directions."""
    box.faces.name = "walls"
    for direction in mirrors:
        box.faces.Max(direction).name = "mirror"
    rest, pieces = box, []
    for solid in solids:
        solid.faces.name = "interface"
        piece = solid * box
        piece.mat("minus")
        pieces.append(piece)
        rest = rest - solid
    rest.mat("plus")
    return occ.OCCGeometry(occ.Glue([rest, *pieces]))


def composite(points: Float64Array) -> tuple[Any, int, Float64Array, Float64Array, Float64Array]:
    """Return mesh, order, points in the eighth, and what is added and multiplied: u(z) = 1 - u(1 - z)."""
    box = occ.Box((0, 0, 0), (0.5, 0.5, 0.5))
    balls = [ball for ball in composite_balls().tolist() if max(ball[:3]) < 0.6]
    mesh = ngsolve.Mesh(glued(box, [occ.X, occ.Y], spheres(*balls)).GenerateMesh(maxh=0.1))
    upper = points[:, 2] > 0.5
    return mesh, 7, np.minimum(points, 1 - points), np.where(upper, 1.0, 0.0), np.where(upper, -1.0, 1.0)


def random12(points: Float64Array) -> tuple[Any, int, Float64Array, Float64Array, Float64Array]:
    """Return the same of the balls with sources, which have no mirror."""
    box = occ.Box((-1, -1, -1), (1, 1, 1))
    mesh = ngsolve.Mesh(glued(box, [], spheres(*random_balls().tolist())).GenerateMesh(maxh=0.3))
    return mesh, 6, points, np.zeros(len(points)), np.ones(len(points))


def cube(points: Float64Array) -> tuple[Any, int, Float64Array, Float64Array, Float64Array]:
    """Return the same of the cube: an eighth, u odd in z."""
    solid = occ.Box((-1, -1, -1), (CUBE_HALF,) * 3)  # beyond the mirrors, whose names its faces would hide
    for first, second in ((occ.X, occ.Y), (occ.X, occ.Z), (occ.Y, occ.Z)):
        for edge in set(solid.faces.Max(first).edges) & set(solid.faces.Max(second).edges):
            edge.hpref = 1
    mesh = ngsolve.Mesh(glued(occ.Box((0, 0, 0), (1, 1, 1)), [-occ.X, -occ.Y], [solid]).GenerateMesh(maxh=0.3))
    mesh.RefineHP(6, GRADING)
    return mesh, 6, np.abs(points), np.zeros(len(points)), np.sign(points[:, 2])


PROBLEMS = {"composite": composite_problem, "random12": random12_problem, "cube": cube_problem}
MESHES = {"composite": composite, "random12": random12, "cube": cube}


def main() -> None:
    """Solve twice, print how far apart, and write the better."""
    ngsolve.ngsglobals.msg_level = 0
    for name in sys.argv[1:] or PROBLEMS:
        problem = PROBLEMS[name]()
        mesh, order, at, add, factor = MESHES[name](random_points(problem.box))
        found = {}
        for degree in (order - 1, order):
            mesh.Curve(degree)
            with ngsolve.TaskManager():
                solved = solve(problem, mesh, degree)
            found[degree] = add + factor * values_of(solved, problem, at)
            print(name, f"order {degree}, {mesh.ne} elements, {solved.space.ndof} unknowns", flush=True)
        difference = found[order] - found[order - 1]
        rms = float(np.sqrt(np.mean(difference**2)))
        print(name, f"differ by RMS {rms:.1e}, at most {np.abs(difference).max():.1e}", flush=True)
        np.savez_compressed(DATA / f"{name}.npz", values=found[order], rms_error=rms)


if __name__ == "__main__":
    main()
