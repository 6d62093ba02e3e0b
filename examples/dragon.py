"""The Dragon (figure 1 and section 4.2 of Mistani et al. 2022): two interface problems on a scanned surface.

    python dragon.py dragon_vrip_res2.ply          # the mesh: see examples/README.md
    python dragon.py                               # without it: the same on a knot made here, smaller and quicker

1. *accuracy*: the solution of the paper's star, smooth on either side, on the surface as it is.
2. *physical*: jumps of u and of the flux that are constant, an oscillating source inside; no solution is known, so the
   certificate tells what to think of it, and the classical solver on the same rows is beside it.

Leaves models, VTK files and pictures (figure 1) in the folder --out. ``--networks`` adds rows for networks to the first
problem, by direct jump and as published; that takes minutes, and goes on from a checkpoint where it was ended.
``--only networks`` does nothing else.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import nbm
from nbm.symbols import cos, sin, x, y, z

BOX = nbm.Box((-1, -1, -1), (1, 1, 1))
EDGE = 1.5  # of the solid's longest side in the box
PAPER_NODES, PAPER_BATCH = 64, 16384
STEPS_PER_CHECKPOINT = 500


def main() -> None:
    """Read the mesh, solve both problems, print errors, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh", nargs="?", help="STL, PLY or OBJ, also .gz")
    parser.add_argument("--out", type=Path, default=Path("dragon"))
    parser.add_argument("--cells", type=int, help="of the grid that holds the level set; default 128, of the knot 64")
    parser.add_argument("--networks", action="store_true", help="also networks by direct jump, and as published")
    parser.add_argument("--epochs", type=int, default=1000, help="of training as published")
    parser.add_argument("--only", choices=("accuracy", "physical", "networks"), help="one part of this")
    parser.add_argument("--threads", type=int, default=0, help="of the networks; default all cores")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shape = placed(nbm.geometry.mesh(options.mesh)) if options.mesh else knot()
    for note in shape.notes:
        print(f"{shape.name}: {note}")
    started = time.process_time()
    level_set = shape.on_grid(BOX, options.cells or (128 if options.mesh else 64))
    print(f"level set on {len(level_set.values) - 1}^3 cells: {time.process_time() - started:.1f} s of CPU time")
    seconds = None if options.mesh else 3.0
    if options.only in (None, "accuracy"):
        accuracy(level_set, options.out, seconds)
    if options.only in (None, "physical"):
        physical(level_set, options.out, seconds)
    if options.networks or options.only == "networks":
        networks(level_set, options.threads)
        published(level_set, options.epochs, options.threads, options.out / "published.checkpoint")
    print(f"in all {time.process_time():.0f} s of CPU time")


def placed(shape: nbm.geometry.Shape) -> nbm.geometry.Shape:
    """Return the solid in the middle of the box, its longest side EDGE; scans have y upward, boxes z."""
    shape = shape.rotate("x", 90)
    middle = (shape.lower + shape.upper) / 2
    return shape.translate(-middle).scale(EDGE / float((shape.upper - shape.lower).max()))


def knot() -> nbm.geometry.Shape:
    """Return a tube along a trefoil knot as a mesh, for those who have no dragon at hand."""
    t = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    line = np.stack([np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -np.sin(3 * t)], axis=1)
    line *= 0.22

    def distance(points: np.ndarray) -> np.ndarray:
        parts = np.array_split(points, max(1, len(points) // 20_000))
        return np.concatenate([np.linalg.norm(p[:, None] - line, axis=2).min(axis=1) for p in parts]) - 0.12

    tube = nbm.geometry.Shape(distance, line.min(axis=0) - 0.12, line.max(axis=0) + 0.12, name="knot")
    grid = tube.on_grid(BOX, 64)
    spacing = np.full(3, 2 / 64)
    return nbm.geometry.Mesh(*nbm.geometry.isosurface(np.asarray(grid.values), np.full(3, -1.0), spacing), name="knot")


def star_solution(level_set: nbm.GridField) -> nbm.ManufacturedProblem:
    """Return the problem of the paper: the solution of its star, on this surface."""
    star = nbm.problems.star()
    return nbm.manufactured(
        u_minus=star.exact_minus,
        u_plus=star.exact_plus,
        mu_minus=star.minus.mu,
        mu_plus=star.plus.mu,
        level_set=level_set,
        box=BOX,
    )


def accuracy(level_set: nbm.GridField, out: Path, seconds: float | None) -> None:
    """Solve the problem whose solution is known."""
    problem = star_solution(level_set)
    solution, spent = timed(problem, seconds=seconds)
    print(f"accuracy (published: L-infinity 0.5, RMSE 0.06): {solution.error(problem)}; {spent}\n{solution.summary()}")
    finish(solution, problem, out / "accuracy")


def physical(level_set: nbm.GridField, out: Path, seconds: float | None) -> None:
    """Solve the problem of figure 1."""
    problem = nbm.Problem(
        BOX,
        level_set,
        minus=nbm.Medium(mu=1, f=40 * sin(5 * x) * cos(5 * y) * sin(5 * z)),
        plus=nbm.Medium(mu=2),
        jump_u=0.1,
        jump_flux=1.0,
        boundary=0.2,
    )
    solution, spent = timed(problem, seconds=seconds)
    print(f"physical: {spent}\n{solution.summary()}")
    started = time.process_time()
    grid = nbm.solve_on_grid(problem, 64)
    difference = solution(grid.points) - grid.values
    print(f"  classical, 64^3 cells: {time.process_time() - started:.1f} s of CPU time, differs by RMS", end=" ")
    print(f"{np.sqrt(np.mean(difference**2)):.1e}, at most {np.abs(difference).max():.1e}")
    finish(solution, problem, out / "physical")


def networks(level_set: nbm.GridField, threads: int) -> None:
    """Solve the first problem by networks with direct jump."""
    problem = star_solution(level_set)
    network = nbm.Siren(hidden=(20, 20, 20))
    solution, spent = timed(problem, network=network, discretization="direct_jump", threads=threads)
    print(f"accuracy, two networks of 3x20, direct jump: {solution.error(problem)}; {spent}", flush=True)


def published(level_set: nbm.GridField, epochs: int, threads: int, checkpoint: Path) -> None:
    """Solve the first problem with the settings of the paper, keeping a checkpoint."""
    problem = star_solution(level_set)
    trainer = nbm.Trainer(
        problem,
        network=nbm.Siren(hidden=(100,)),
        cell_size=2 / PAPER_NODES,
        resolution=nbm.Resolution(levels=4, order="sequential"),
        optimizer=nbm.Adam(steps=epochs * (PAPER_NODES**3 // PAPER_BATCH)),
        sampling=nbm.Sampling(mode="grid", grid_nodes=PAPER_NODES, batch=PAPER_BATCH),
        loss="paper",
        threads=threads,
    )
    if checkpoint.exists():
        trainer.load_checkpoint(checkpoint)
    begun, cpu = trainer.steps_done, time.process_time()
    while trainer.steps_done < trainer.steps and trainer.stop_reason == "running":
        trainer.step(STEPS_PER_CHECKPOINT)
        trainer.save_checkpoint(checkpoint)
    each = (time.process_time() - cpu) / max(1, trainer.steps_done - begun)
    error = trainer.solution().error(problem)
    print(f"accuracy, as published, 1x100, {epochs} epochs of 64^3: {error}; {each * trainer.steps:.0f} s of CPU time")


def timed(problem: nbm.Problem, **options: Any) -> tuple[nbm.Solution, str]:
    """Solve and say how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    solution = nbm.solve(problem, **options)
    return solution, f"{time.process_time() - cpu:.0f} s of CPU time, {time.perf_counter() - wall:.0f} s"


def finish(solution: nbm.Solution, problem: nbm.Problem, path: Path) -> None:
    """Write model, VTK files and pictures."""
    solution.save(path.with_suffix(".safetensors"))
    solution.to_vtk(path.with_suffix(".vti"), fields=("u", "u_minus", "u_plus", "level_set", "gradient"))
    solution.surface(problem=problem).save(path.with_suffix(".vtp"))
    try:
        solution.plot_field(path.with_suffix(".png"), problem=problem, axis="y")
    except nbm.BackendUnavailable as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    main()
