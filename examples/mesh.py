"""A part from an STL file in millimetres: a heated ceramic ring in resin.

The file is made here; with one of your own, `nbm geometry inspect part.stl --scale 0.001` shows it first.
Run: python examples/mesh.py, with nbm[geometry,plot] installed
"""

from pathlib import Path

import numpy as np

import nbm

MM = 1e-3


def write_ring(path: Path) -> None:
    """Write a torus of radii 12 and 4 mm as text STL, in millimetres, as a CAD program would."""
    around, across = (np.linspace(0, 2 * np.pi, n, endpoint=False) for n in (96, 36))
    p, t = np.meshgrid(around, across, indexing="ij")
    ring = 12 + 4 * np.cos(t)
    points = np.stack([ring * np.cos(p), ring * np.sin(p), 4 * np.sin(t)], axis=-1)
    east, north = np.roll(points, -1, axis=0), np.roll(points, -1, axis=1)
    both = np.roll(east, -1, axis=1)
    triangles = np.concatenate([np.stack(corners, axis=2) for corners in ((points, east, both), (points, both, north))])
    lines = ["solid ring"]
    for corners in triangles.reshape(-1, 3, 3):
        vertices = [f"vertex {a:.6f} {b:.6f} {c:.6f}" for a, b, c in corners]
        lines += ["facet normal 0 0 0", "outer loop", *vertices, "endloop", "endfacet"]
    path.write_text("\n".join([*lines, "endsolid ring", ""]))


def main() -> None:
    """Read the part, solve, print how hot it gets and how much heat leaves it, draw it."""
    file = Path("ring.stl")
    write_ring(file)
    part = nbm.geometry.read(file, scale=MM)
    box = part.box(0.5)
    heat = 2.0 / part.volume  # two watts
    problem = nbm.Problem(
        box, part.on_grid(box, 64), minus=nbm.Medium(mu=1.0, f=heat), plus=nbm.Medium(mu=0.2), boundary=293.0
    )
    solution = nbm.solve(problem, seconds=2)
    print(solution.summary())
    numbers = solution.quantities(problem, cells=32)
    print(f"{part.name}: {part.volume / MM**3:.0f} mm^3, {part.area / MM**2:.0f} mm^2")
    print(f"mean temperature of the part {numbers.mean('minus')}")
    print(f"heat through its surface {numbers.flux(side='plus')} W, minus the two watts")
    solution.plot_slice("ring.png", axis="y")


if __name__ == "__main__":
    main()
