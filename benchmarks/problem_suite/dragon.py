"""Make the file of the dragon case from the mesh: level set on a grid, and u by the classical solver on finer ones.

    python benchmarks/problem_suite/dragon.py dragon_vrip_res3.ply dragon.npz     # minutes, 3 GB; needs nbm[geometry]
    NBM_DRAGON=dragon.npz python benchmarks/problems.py --only cases --names dragon

The Stanford dragon (Stanford 3D Scanning Repository, http://graphics.stanford.edu/data/3Dscanrep) is free for research
with credit, and not ours to give away. It is centred, and its length made 1.5. u is that of 192 cells, less what the
difference from 128 cells says about its error of second order; ``error`` is the RMS of that correction.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import nbm
import nbm.geometry
from problem_suite.case import POINT_SEED, POINTS, Float64Array
from problem_suite.references import BOX, dragon_problem

LENGTH = 1.5
CELLS = 96  # of the level set
COARSE, FINE, COMMON = 128, 192, 64  # nodes of a grid of COMMON cells are nodes of both


def level_set(path: Path) -> Float64Array:
    """Return the signed distance at the nodes of a grid, (97, 97, 97)."""
    raw = nbm.geometry.mesh(path)
    scale = LENGTH / float((raw.upper - raw.lower).max())
    middle = scale * (raw.lower + raw.upper) / 2
    solid = nbm.geometry.mesh(path, scale=scale, translate=(-middle).tolist())
    return np.asarray(solid.on_grid(BOX, CELLS).values)


def main() -> None:
    """Read the mesh, solve twice, write the file."""
    mesh, out = (Path(name) for name in sys.argv[1:3])
    values = level_set(mesh)
    problem = dragon_problem(values)
    inner = np.random.default_rng(POINT_SEED).choice((COMMON - 1) ** 3, POINTS, replace=False)
    nodes = np.stack(np.unravel_index(inner, (COMMON - 1,) * 3), axis=1) + 1
    at = {}
    for cells in (COARSE, FINE):
        grid = nbm.solve_on_grid(problem, cells).on_grid()
        i, j, k = (nodes * (cells // COMMON)).T
        at[cells] = grid[i, j, k]
    correction = (at[FINE] - at[COARSE]) / ((FINE / COARSE) ** 2 - 1)
    error = float(np.sqrt(np.mean(correction**2)))
    print(f"192 cells are corrected by RMS {error:.1e}, at most {np.abs(correction).max():.1e}")
    points = nodes * (2 / COMMON) - 1
    np.savez_compressed(
        out, level_set=values.astype(np.float32), points=points, values=at[FINE] + correction, error=error
    )


if __name__ == "__main__":
    main()
