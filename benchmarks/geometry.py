"""Level sets of meshes, images and molecules, and problems solved on them: errors, orders, seconds, memory.

    python benchmarks/geometry.py                     # all; writes results/geometry.json and geometry.md
    python benchmarks/geometry.py orders holes        # some; the others keep what was measured before
    python benchmarks/geometry.py dragon --mesh dragon_vrip_res2.ply.gz    # the mesh: see examples/README.md

Seconds are CPU time of all threads. A benchmark of its own process has the peak memory that the table says.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from geometry_cases import (
    Case,
    ball,
    conductivity,
    finite_differences,
    gear,
    globule,
    off_centre,
    porous,
    torus,
    turned_gear,
)
from machine import RESULTS, describe, markdown, peak_memory_mb, write

import nbm
from nbm import geometry

CUBE = nbm.Box((-1, -1, -1), (1, 1, 1))


class Rows(list[dict[str, Any]]):
    """Rows of a table, printed as they come."""

    def append(self, row: dict[str, Any]) -> None:
        print(" ", row, flush=True)
        super().append(row)


def orders(_: Any) -> Rows:
    """Distance of the level set's zero from the true surface, for spacings of a mesh and of voxels."""
    rows = Rows()
    for case in (ball(), torus(), gear()):
        points = case.points_on(4000)
        for kind in ("mesh", "grey image", "grey image, smoothed", "label image"):
            before = None
            for cells in (16, 32, 64):
                distance = np.abs(_shape(case, kind, cells)(points))
                rms, largest = float(np.sqrt(np.mean(distance**2))), float(distance.max())
                order = None if before is None else float(np.log2(before / rms))
                before = rms
                spacing = case.diameter / cells
                row = {"solid": case.name, "from": kind, "cells a diameter": cells, "rms": rms, "max": largest}
                rows.append(row | {"rms, spacings": rms / spacing, "order": order})
    return rows


def _shape(case: Case, kind: str, cells: int) -> Any:
    if kind == "mesh":
        grid = geometry.Mesh(*case.mesh(cells)).on_grid(case.box, round(cells * max(case.box.edge) / case.diameter))
        return grid
    if kind == "label image":
        return geometry.image_of(case.labels(cells))
    return geometry.image_of(case.grey(cells), threshold=0.5, smoothing=1.0 if "smoothed" in kind else None)


def measures(_: Any) -> Rows:
    """Volume and area; at 32 cells a diameter the torus has tubes of 10 cells, the gear teeth of 9."""
    rows = Rows()
    for case in (ball(), torus(), gear(), turned_gear()):
        for cells in (32, 64):
            for kind in ("mesh", "grey image", "label image"):
                shape = geometry.Mesh(*case.mesh(cells)) if kind == "mesh" else _shape(case, kind, cells)
                found = geometry.measure(shape, round(cells * max(case.box.edge) / case.diameter), case.box)
                errors = {"volume": found.volume / case.volume - 1, "area": found.area / case.area - 1}
                rows.append({"solid": case.name, "from": kind, "cells a diameter": cells} | errors)
    return rows


def labels(_: Any) -> Rows:
    """What labels tell of volume and area, over 64 places of the solids among the voxels, 32 of these a diameter."""
    rows = Rows()
    cells = 32
    for case in (ball(), torus(), gear(), turned_gear()):
        errors = []
        for shift in nbm.sampling.low_discrepancy(64):
            voxels = case.moved((shift - 0.5) * case.diameter / cells).labels(cells)
            counted = float(voxels.values.sum() * voxels.spacing.prod())
            found = geometry.measure(
                geometry.image_of(voxels), round(cells * max(case.box.edge) / case.diameter), case.box
            )
            errors.append([counted / case.volume - 1, found.volume / case.volume - 1, found.area / case.area - 1])
        for what, error in zip(("voxels counted", "volume", "area"), np.transpose(errors), strict=True):
            row = {
                "solid": case.name,
                "of": what,
                "mean": float(error.mean()),
                "standard deviation": float(error.std()),
            }
            rows.append(row | {"least": float(error.min()), "most": float(error.max())})
    return rows


def holes(_: Any) -> Rows:
    """Wrong signs at a million points of a mesh without 1 % of its triangles."""
    rows = Rows()
    for case in (ball(), torus()):
        vertices, faces = case.mesh(96)
        gone = np.random.default_rng(0).choice(len(faces), len(faces) // 100, replace=False)
        holey, closed = geometry.Mesh(vertices, np.delete(faces, gone, axis=0)), geometry.Mesh(vertices, faces)
        points = np.random.default_rng(1).uniform(case.box.lower, case.box.upper, (1_000_000, 3))
        wrong = int(np.sum(holey.is_inside(points) != closed.is_inside(points)))
        rows.append({"solid": case.name, "triangles": len(faces), "removed": len(gone), "wrong of 1000000": wrong})
    return rows


def dragon(options: Any) -> Rows:
    """Signed distance of the dragon on 128^3 cells."""
    if options.mesh is None:
        print("dragon: left out, pass --mesh")
        return Rows()
    begin, wall = time.process_time(), time.perf_counter()
    shape = geometry.mesh(options.mesh)
    read = time.process_time() - begin
    shape.on_grid(shape.box(), 128)
    row = {"triangles": len(shape.faces), "reading, s": read, "distance, s": time.process_time() - begin - read}
    return Rows([row | {"wall, s": time.perf_counter() - wall, "peak, MB": peak_memory_mb()}])


def sphere(_: Any) -> Rows:
    """The sphere problem posed by a formula, by an STL of 20 480 triangles and by images of 128^3 voxels."""
    exact, case = nbm.problems.sphere(), ball()
    made = trimesh.creation.icosphere(5)
    stl = geometry.Mesh(np.array(made.vertices) * 0.5, made.faces)
    image = geometry.image_of(case.grey(64), threshold=0.5, smoothing=1.0)  # 64 a diameter: 128 along the cube
    label = geometry.image_of(case.labels(64))
    surface = case.points_on(4000)
    rows = Rows()
    posed = (
        ("formula", exact.level_set),
        ("STL", stl.on_grid(CUBE, 96)),
        ("image", image.field),
        ("labels", label.field),
    )
    for name, level_set in posed:
        problem = nbm.Problem(
            CUBE, level_set, minus=exact.minus, plus=exact.plus, jump_u=exact.jump_u, jump_flux=exact.jump_flux
        )
        own = 0.0 if name == "formula" else float(np.abs(level_set(surface)).max())
        solution = nbm.solve_on_grid(problem, 64)
        points = np.random.default_rng(2).uniform(-1, 1, (40_000, 3))
        points = points[np.abs(np.linalg.norm(points, axis=1) - 0.5) > own]  # of whose side there is no doubt
        error = np.abs(solution(points) - exact.exact(points))
        rms = float(np.sqrt(np.mean(error**2)))
        rows.append({"posed by": name, "geometry, max": own, "u, max": float(error.max()), "u, rms": rms})
    return rows


def molecules(_: Any) -> Rows:
    """Energies of one charge in a ball against formulas, and of a generated globule against twice the cells."""
    rows = Rows()
    for name, distance, half, cells in (("Born", 0.0, 6, 64), ("Kirkwood, off by 1.2 of 2 Å", 1.2, 8, 128)):
        molecule, series = off_centre(distance)
        box = nbm.Box((-half,) * 3, (half,) * 3)
        model = geometry.Electrostatics(molecule=molecule, box=box, cells=0)
        for how, solve in (("decided", nbm.solve), (cells, lambda problem, n=cells: nbm.solve_on_grid(problem, n))):
            begin = time.process_time()
            energy = model.solvation_energy(solve(model.problem))
            row = {"molecule": name, "cells": how, "kJ/mol": energy, "relative error": energy / series(model) - 1}
            rows.append(row | {"CPU s": time.process_time() - begin})
    model = geometry.Electrostatics(molecule=geometry.Molecule(globule(520)), ionic_strength=0.15, cells=128)
    energies = []
    for cells in (128, 256):
        begin = time.process_time()
        energies.append(model.solvation_energy(nbm.solve_on_grid(model.problem, cells, tolerance=1e-7)))
        row = {"molecule": "globule of 520 atoms", "cells": cells, "kJ/mol": energies[-1], "relative error": None}
        rows.append(row | {"CPU s": time.process_time() - begin})
    rows[-2]["relative error"] = energies[0] / energies[1] - 1  # to twice the cells
    return rows


def conduction(_: Any) -> Rows:
    """Effective conductivity of a porous image of 96^3 voxels, smoothed by one, against finite differences on it."""
    voxels = porous(96)
    shape = geometry.image_of(voxels, smoothing=1.0)
    rows = Rows()
    for contrast in (10.0, 1000.0):
        problem = nbm.Problem(
            shape.box(), shape.field, minus=nbm.Medium(mu=contrast), plus=nbm.Medium(mu=1.0), boundary=nbm.symbols.z
        )
        for cells in (48, 80, 112):
            begin = time.process_time()
            found = conductivity(problem, nbm.solve_on_grid(problem, cells, tolerance=1e-7))
            row = {"contrast": contrast, "cells": cells, "conductivity": found, "CPU s": time.process_time() - begin}
            rows.append(row)
        found = finite_differences(problem, 95)
        rows.append({"contrast": contrast, "cells": "95, finite differences", "conductivity": found})
    return rows


PARTS: dict[str, Callable[[Any], Rows]] = {
    part.__name__: part for part in (orders, measures, labels, holes, dragon, sphere, molecules, conduction)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--mesh", type=Path)
    options = parser.parse_args()
    for name in options.parts or PARTS:
        print(name)
        if rows := PARTS[name](options):
            _keep(name, rows)


def _keep(name: str, rows: Rows) -> None:
    path = RESULTS / "geometry.json"  # read now: another process may have written to it
    record: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"parts": {}}
    record["parts"][name] = {"rows": rows, "machine": describe(0)}
    table = "# Shapes\n"
    for name, part in record["parts"].items():
        header = list(dict.fromkeys(key for row in part["rows"] for key in row))
        body = [[_text(row.get(key)) for key in header] for row in part["rows"]]
        table += f"\n{(PARTS[name].__doc__ or '').strip()}\n\n{markdown(header, body)}"
    write("geometry", record, table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
