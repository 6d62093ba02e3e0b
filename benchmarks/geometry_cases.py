"""Solids with known surfaces, molecules and images that are generated, and what to compare with; for geometry.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import cg

import nbm
from nbm import geometry
from nbm.geometry.image_files import Voxels

Float64Array = NDArray[np.float64]
CUBE = nbm.Box((-1, -1, -1), (1, 1, 1))
_FINE = 4  # voxels are filled as this many a side of theirs are


@dataclass(frozen=True)
class Case:
    """A solid with its exact level set, volume and area; in the cube [-1, 1]^3 unless the box says else."""

    name: str
    shape: geometry.Shape
    diameter: float
    volume: float
    area: float
    box: nbm.Box = CUBE

    def onto(self, points: Float64Array, steps: int = 6) -> Float64Array:
        """Move points to the surface."""
        for _ in range(steps):
            step = 1e-5
            slope = [(self.shape(points + step * e) - self.shape(points - step * e)) / (2 * step) for e in np.eye(3)]
            gradient = np.stack(slope, axis=1)
            points = points - (self.shape(points) / np.sum(gradient**2, axis=1))[:, None] * gradient
        return points

    def points_on(self, count: int) -> Float64Array:
        """Return points of the surface, evenly spread by nearness to it."""
        random = np.random.default_rng(7)
        points = random.uniform(self.box.lower, self.box.upper, (400 * count, 3))
        points = points[np.abs(self.shape(points)) < 0.02 * self.diameter][:count]
        return self.onto(points)

    def mesh(self, cells: int) -> tuple[Float64Array, NDArray[np.int64]]:
        """Return a triangle mesh with its vertices on the surface and edges of about diameter / cells."""
        counts = [round(cells * edge / self.diameter) for edge in self.box.edge]
        axes = [np.linspace(self.box.lower[a], self.box.upper[a], counts[a] + 1) for a in range(3)]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        values = self.shape(nodes.reshape(-1, 3)).reshape(nodes.shape[:3])
        spacing = np.array([axis[1] - axis[0] for axis in axes])
        vertices, faces = geometry.isosurface(values, np.asarray(self.box.lower), spacing)
        return self.onto(vertices), faces

    def labels(self, cells: int) -> Voxels:
        """Return 1 in voxels whose centre is inside, else 0."""
        voxels, centres = self._voxels(cells)
        inside = self.shape(centres.reshape(-1, 3)) < 0
        return Voxels(inside.reshape(centres.shape[:3]).astype(np.uint8), voxels, centres[0, 0, 0])

    def grey(self, cells: int) -> Voxels:
        """Return how much of each voxel is filled."""
        voxels, centres = self._voxels(cells)
        filled = np.zeros(centres.shape[:3])
        parts = (np.arange(_FINE) + 0.5) / _FINE - 0.5
        width = voxels.min() / _FINE
        for shift in np.stack(np.meshgrid(parts, parts, parts, indexing="ij"), axis=-1).reshape(-1, 3):
            level = self.shape((centres + shift * voxels).reshape(-1, 3)) / width
            filled += np.clip(0.5 - level, 0, 1).reshape(filled.shape)
        return Voxels(filled / _FINE**3, voxels, centres[0, 0, 0])

    def moved(self, shift: Float64Array) -> Case:
        """Return the solid elsewhere in the same box."""
        return replace(self, shape=self.shape.translate(shift))

    def _voxels(self, cells: int) -> tuple[Float64Array, Float64Array]:
        counts = np.round(cells * np.array(self.box.edge) / self.diameter).astype(int)
        size = np.array(self.box.edge) / counts
        axes = [self.box.lower[a] + size[a] * (np.arange(counts[a]) + 0.5) for a in range(3)]
        return size, np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def ball() -> Case:
    r = 0.5
    return Case("sphere", geometry.sphere(radius=r), 2 * r, 4 / 3 * np.pi * r**3, 4 * np.pi * r**2)


def torus() -> Case:
    big, small = 0.55, 0.25
    volume, area = 2 * np.pi**2 * big * small**2, 4 * np.pi**2 * big * small
    shape = geometry.torus((0.01, 0.02, 0.03), big, small)
    return Case("torus", shape, 2 * (big + small), volume, area, nbm.Box((-1, -1, -0.5), (1, 1, 0.5)))


def gear() -> Case:
    """A wheel of 10 round teeth with rounded rims."""
    radius, tooth, half, rim, teeth = 0.62, 0.1, 0.22, 0.12, 10

    def evaluate(p: Float64Array) -> Float64Array:
        r, angle = np.hypot(p[:, 0], p[:, 1]), np.arctan2(p[:, 1], p[:, 0])
        slope = np.hypot(1.0, tooth * teeth * np.sin(teeth * angle) / np.maximum(r, 0.3))
        side, end = (r - radius - tooth * np.cos(teeth * angle)) / slope, np.abs(p[:, 2]) - half
        # The intersection with its edges rounded off: smooth maximum.
        overlap = np.maximum(rim - np.abs(side - end), 0.0)
        return np.asarray(np.maximum(side, end) + overlap**2 / (4 * rim))

    size = np.array([radius + tooth, radius + tooth, half])
    shape = geometry.Shape(evaluate, -size, size, name="gear")
    box = nbm.Box((-1, -1, -0.5), (1, 1, 0.5))
    fine = geometry.measure(shape, 256, box)  # no formula: measured eight times finer than the figures
    return Case("gear", shape, 2 * (radius + tooth), fine.volume, fine.area, box)


def turned_gear() -> Case:
    """The gear with no face along the voxels."""
    straight = gear()
    shape = straight.shape.rotate("x", 25).rotate("y", 15)
    return replace(straight, name="gear, turned", shape=shape, box=nbm.Box((-1, -1, -0.75), (1, 1, 0.75)))


def off_centre(distance: float, radius: float = 2.0) -> tuple[geometry.Molecule, Callable[[Any], float]]:
    """Return a charge in a ball, and the energy of solvation by Kirkwood's series (1934); 0: Born's ion."""
    place = distance * np.array([2.0, 1.0, 0.5]) / np.linalg.norm([2.0, 1.0, 0.5])
    positions = np.array([[1e-9, 0.0, 0.0], place])
    atoms = geometry.Atoms(positions, np.array([0.0, 1.0]), np.array([radius, 0.0]), ("ball", "charge"))

    def energy(model: Any) -> float:
        n = np.arange(200)
        factor = (model.inside - model.outside) * (n + 1) / (model.outside * (n + 1) + model.inside * n)
        total = float(np.sum(factor * (distance / radius) ** (2 * n))) / radius
        return 0.5 * model.kT * model.coulomb_constant / (4 * np.pi * model.inside) * total

    return geometry.Molecule(atoms, surface="van_der_waals"), energy


def globule(count: int) -> geometry.Atoms:
    """Return atoms packed as in a protein, 10 Å^3 each, with the radii and charges of one; the total charge is 0."""
    random = np.random.default_rng(5)
    radius = (count * 10.0 * 3 / (4 * np.pi)) ** (1 / 3)
    lattice = np.stack(np.meshgrid(*3 * [np.arange(-20, 21)], indexing="ij"), axis=-1).reshape(-1, 3)
    sites = lattice[lattice.sum(axis=1) % 2 == 0] * 5 ** (1 / 3)  # face-centred cubic, 10 Å^3 a site
    sites = sites[np.argsort(np.linalg.norm(sites, axis=1))[:count]]
    positions = sites + random.uniform(-0.35, 0.35, sites.shape)
    assert np.linalg.norm(positions, axis=1).max() < 1.2 * radius
    radii = random.choice([1.2, 1.5, 1.55, 1.7, 1.9], count)
    charges = random.normal(0, 0.35, count)
    return geometry.Atoms(positions, charges - charges.mean(), radii, tuple(f"X{i}" for i in range(count)))


def porous(cells: int) -> Voxels:
    """Return balls that overlap, a third of the volume, three voxels away from the faces."""
    random = np.random.default_rng(11)
    axis = np.arange(cells) + 0.5
    centres = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).astype(np.float32)
    solid = np.zeros(3 * (cells,), dtype=bool)
    while solid.mean() < 0.33:
        radius = random.uniform(0.06, 0.12) * cells
        middle = random.uniform(radius + 3, cells - radius - 3, 3).astype(np.float32)
        solid |= np.sum((centres - middle) ** 2, axis=-1) < radius**2
    return Voxels(solid.astype(np.uint8), np.full(3, 1 / cells), np.full(3, 0.5 / cells))


def conductivity(problem: nbm.Problem, solution: Any) -> float:
    """Return the mean flux along z for u = z on the boundary: the apparent conductivity of the block.

    By the divergence theorem the mean of mu du/dz is that of z mu du/dn over the boundary, where mu is 1.
    """
    lower, upper = np.asarray(problem.box.lower), np.asarray(problem.box.upper)
    edge = upper - lower
    n = 200
    at = (np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), axis=-1).reshape(-1, 2) + 0.5) / n
    total = 0.0
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        for bound, sign in ((lower, -1.0), (upper, 1.0)):
            points = np.empty((len(at), 3))
            points[:, others] = lower[others] + at * edge[others]
            points[:, axis] = bound[axis]
            flux = sign * solution.gradient(points)[:, axis]
            total += float(np.mean(points[:, 2] * flux)) * float(np.prod(edge[others]))
    return total / float(np.prod(edge))


def finite_differences(problem: nbm.Problem, cells: int) -> float:
    """Return the same by a solver of its own: 7 points, between two nodes the harmonic mean weighted by the level set.

    The energy of u over the volume is the apparent conductivity.
    """
    n = cells + 1
    axes = [np.linspace(problem.box.lower[a], problem.box.upper[a], n) for a in range(3)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    phi = np.asarray(problem.native.level_set.evaluate(nodes.reshape(-1, 3))).reshape(3 * (n,))
    mu_minus, mu_plus = float(problem.minus.mu), float(problem.plus.mu)  # type: ignore[arg-type]
    h = (problem.box.upper[0] - problem.box.lower[0]) / cells
    number = np.arange(n**3).reshape(3 * (n,))
    first, second, weight = [], [], []
    for axis in range(3):
        here = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        there = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        a, b = phi[here], phi[there]
        cut = (a < 0) != (b < 0)
        minus = np.where(cut, np.abs(np.where(a < 0, a, b)) / np.maximum(np.abs(a - b), 1e-300), (a < 0) * 1.0)
        link = 1 / (minus / mu_minus + (1 - minus) / mu_plus)
        # Links in the faces of the box carry the cells of one side only.
        for other in range(3):
            if other != axis:
                link[tuple([0, -1] if d == other else slice(None) for d in range(3))] *= 0.5
        first.append(number[here].ravel())
        second.append(number[there].ravel())
        weight.append(link.ravel())
    i, j, w = (np.concatenate(part) for part in (first, second, weight))
    matrix = coo_matrix(
        (np.concatenate([-w, -w, w, w]), (np.concatenate([i, j, i, j]), np.concatenate([j, i, i, j]))),
        shape=(n**3,) * 2,
    ).tocsr()
    inner = np.ones(3 * (n,), dtype=bool)
    for axis in range(3):
        inner[tuple([0, -1] if a == axis else slice(None) for a in range(3))] = False
    free = np.flatnonzero(inner.ravel())
    u = nodes[..., 2].ravel().copy()
    block = matrix[free][:, free]
    rhs = -(matrix @ np.where(inner.ravel(), 0.0, u))[free]
    scale = 1 / np.sqrt(block.diagonal())
    scaled = block.multiply(scale[:, None]).multiply(scale[None, :]).tocsr()
    found, failed = cg(scaled, scale * rhs, x0=u[free] / scale, rtol=1e-7, maxiter=20_000)
    assert failed == 0
    u[free] = scale * found
    return float(u @ (matrix @ u)) * h / float(np.prod(problem.box.edge))
