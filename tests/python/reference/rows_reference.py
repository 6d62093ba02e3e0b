"""Slow, obvious float64 rows from docs/method.md, sections 4 to 7: one cell at a time, no cleverness.

Written from the formulas alone, with other algorithms than the library where there is a choice: sums of pyramids
instead of closed formulas, polygon clipping instead of cases, a pseudo-inverse instead of exact cofactors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, permutations, product

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import interpn

from reference.problems_reference import ReferenceProblem

Array = NDArray[np.float64]
CUBE = np.array(list(product(range(-2, 3), repeat=3)))
NEIGHBORS = np.array(list(product(range(-1, 2), repeat=3)))
CORNERS = np.array(list(product((0, 1), repeat=3)))
FACES = np.array([(-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1)])
MINUS, PLUS = 0, 1


@dataclass
class Cell:
    """All parts of one row, in the orders of docs/conventions.md."""

    volume: Array  # [2]
    face_area: Array  # [2, 6]
    face_centroid: Array  # [2, 6, 3], NaN where empty
    interface_area: float
    interface_vector: Array  # [3]
    flux_jump_integral: float
    center_ghost_weights: Array  # [27]
    center_ghost_constant: float
    weights: Array  # [125]
    rhs: float
    diagonal: float


def at(function, point) -> float:
    return float(function(*np.asarray(point, dtype=np.float64)))


def clip(polygon: list[tuple[Array, float]], side: int) -> list[tuple[Array, float]]:
    """Sutherland-Hodgman: the part of a polygon of (point, level set) where the level set has the side's sign."""
    inside = (lambda phi: phi < 0) if side == MINUS else (lambda phi: phi >= 0)
    out = []
    for (p, a), (q, b) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if inside(a):
            out.append((p, a))
        if inside(a) != inside(b):
            out.append((p + a / (a - b) * (q - p), 0.0))
    return out


def polygon_parts(points: list[Array]) -> tuple[Array, Array]:
    """Vector area, and area times centroid, of a plane polygon."""
    vector, moment = np.zeros(3), np.zeros(3)
    for b, c in pairwise(points[1:]):
        triangle = 0.5 * np.cross(b - points[0], c - points[0])
        vector += triangle
        moment += np.linalg.norm(triangle) * (points[0] + b + c) / 3
    return vector, moment


def tetrahedron_minus_volume(points: list[Array], phi: list[float]) -> float:
    """Volume of the minus part, by the divergence theorem over its clipped faces and the cut, from a minus corner."""
    if all(value < 0 for value in phi):
        return abs(np.dot(points[1] - points[0], np.cross(points[2] - points[0], points[3] - points[0]))) / 6
    if all(value >= 0 for value in phi):
        return 0.0
    origin = points[int(np.argmin(phi))]
    polygons = []
    for left_out in range(4):
        face = [(points[i], phi[i]) for i in range(4) if i != left_out]
        polygons.append([p for p, _ in clip(face, MINUS)])
    polygons.append(cut_polygon(points, phi))
    volume = 0.0
    for polygon in polygons:  # the part is convex and star-shaped about one of its corners: a sum of pyramids
        for b, c in pairwise(polygon[1:]):
            volume += abs(np.dot(polygon[0] - origin, np.cross(b - origin, c - origin))) / 6
    return volume


def cut_polygon(points: list[Array], phi: list[float]) -> list[Array]:
    """The corners, in cyclic order, of the zero set of the linear interpolant in a tetrahedron."""
    minus = [i for i in range(4) if phi[i] < 0]
    plus = [i for i in range(4) if phi[i] >= 0]
    if len(minus) == 2:
        edges = [(minus[0], plus[0]), (minus[0], plus[1]), (minus[1], plus[1]), (minus[1], plus[0])]
    else:
        edges = [(i, j) for i in minus for j in plus]
    return [points[i] + phi[i] / (phi[i] - phi[j]) * (points[j] - points[i]) for i, j in edges]


def nearest_in_polygon(point: Array, polygon: list[Array]) -> Array:
    """The nearest point of a plane convex polygon: the foot in a triangle of its fan, or on one of the edges."""
    candidates = []
    for a, b, c in [(polygon[0], *pair) for pair in pairwise(polygon[1:])]:
        for p, q in ((a, b), (b, c), (c, a)):
            length = (q - p) @ (q - p)
            candidates.append(p + np.clip((point - p) @ (q - p) / length, 0, 1) * (q - p) if length > 0 else p)
        (s, t), *_ = np.linalg.lstsq(np.column_stack([b - a, c - a]), point - a, rcond=None)
        if min(s, t) >= 0 and s + t <= 1:
            candidates.append(a + s * (b - a) + t * (c - a))
    return min(candidates, key=lambda p: float(np.linalg.norm(p - point)))


def project(problem: ReferenceProblem, node: Array, h: Array, phi: Array) -> tuple[Array, float, Array]:
    """Foot, signed distance and normal of a node with these values at its 27 neighbours (section 7).

    Without the case of neighbours that are all on one side: no problem of the tests has it where a ghost is needed.
    """
    cube = phi.reshape(3, 3, 3)
    across = np.array([cube[2, 1, 1] - cube[0, 1, 1], cube[1, 2, 1] - cube[1, 0, 1], cube[1, 1, 2] - cube[1, 1, 0]])
    length = np.linalg.norm(across / (2 * h))
    normal = across / (2 * h) / length
    delta = phi[13] / length
    foot = node - delta * normal
    if np.all(np.abs(foot - node) <= h):
        found = float(interpn([(-1, 0, 1)] * 3, cube, (foot - node) / h)[0])
        if abs(found) <= max(abs(phi[13]) / 2, np.abs(across).max() / 16):
            return foot, delta, normal
    nearest = []
    for low in product((0, 1), repeat=3):
        for path in permutations(np.eye(3, dtype=int)):
            members = [np.array(low) + np.sum(path[:n], axis=0, dtype=int) for n in range(4)]
            values = [float(cube[tuple(m)]) for m in members]
            if min(values) < 0 <= max(values):
                nearest.append(nearest_in_polygon(node, cut_polygon([node + h * (m - 1) for m in members], values)))
    if not nearest:
        return node, 0.0, np.zeros(3)
    foot = min(nearest, key=lambda p: float(np.linalg.norm(p - node)))
    delta = np.copysign(np.linalg.norm(node - foot), phi[13])
    return foot, float(delta), (node - foot) / delta


def ghost(problem: ReferenceProblem, node: Array, h: Array) -> tuple[Array, float]:
    """Weights on the 27 neighbours and constant of the other side's value at a node (section 7)."""
    phi = np.array([at(problem.level_set, node + h * o) for o in NEIGHBORS])
    own = MINUS if phi[13] < 0 else PLUS
    foot, delta, normal = project(problem, node, h, phi)
    mu = [at(problem.mu[side], foot) for side in (MINUS, PLUS)]
    alpha, beta = at(problem.jump_u, foot), at(problem.jump_flux, foot)
    slow = MINUS if mu[MINUS] <= mu[PLUS] else PLUS

    side_of_neighbor = np.where(phi < 0, MINUS, PLUS)
    used = [j for j in range(27) if j != 13 and side_of_neighbor[j] == slow]
    derivative = np.zeros(27)  # of u_slow along the normal: derivative . u - sum(derivative) u_slow(node)
    if used:
        derivative[used] = normal @ np.linalg.pinv((NEIGHBORS[used] * h).astype(float), rcond=1e-10)

    # [du/dn] = constant + factor * (slow derivative); u_plus - u_minus = alpha + delta [du/dn]
    if slow == MINUS:
        constant, factor = beta / mu[PLUS], mu[MINUS] / mu[PLUS] - 1
    else:
        constant, factor = beta / mu[MINUS], 1 - mu[PLUS] / mu[MINUS]
    sign = 1.0 if own == MINUS else -1.0  # u_other = u_own + sign (u_plus - u_minus)
    weights = sign * delta * factor * derivative
    total = weights.sum()
    value = sign * (alpha + delta * constant)
    if slow == own:
        weights[13] += 1 - total
        return weights, value
    if 1 + total < 0.05:  # the derivative counts for less, so that the divisor is 1/20
        weights, total = weights * (-0.95 / total), -0.95
    weights[13] += 1
    return weights / (1 + total), value / (1 + total)


def cell_corners(problem: ReferenceProblem, x: Array, h: Array) -> tuple[list[Array], list[float]]:
    """The corners and the level set there, moved away from 0."""
    corners = [x + h * (c - 0.5) for c in CORNERS]
    phi = [at(problem.level_set, c) for c in corners]
    return corners, [1e-12 * h.min() if abs(p) < 1e-12 * h.min() else p for p in phi]


def tetrahedra(corners: list[Array], phi: list[float]) -> Iterator[tuple[list[Array], list[float]]]:
    for path in permutations((4, 2, 1)):
        members = [0, path[0], path[0] + path[1], 7]
        yield [corners[m] for m in members], [phi[m] for m in members]


def patches(corners: list[Array], phi: list[float]) -> Iterator[tuple[Array, Array]]:
    """The vector area, towards plus, and the centroid of the interface in each tetrahedron that it meets."""
    for points, values in tetrahedra(corners, phi):
        if min(values) < 0 <= max(values):
            vector, moment = polygon_parts(cut_polygon(points, values))
            centroid = moment / np.linalg.norm(vector)
            toward_plus = points[int(np.argmax(values))] - centroid
            yield vector * np.sign(vector @ toward_plus), centroid


def cell(problem: ReferenceProblem, x: Array, h: Array) -> Cell:
    """The irregular row of the cell of size h (3,) around x (3,), and its parts."""
    x, h = np.asarray(x, float), np.broadcast_to(np.asarray(h, float), (3,))
    corners, phi = cell_corners(problem, x, h)
    volume_minus = sum(tetrahedron_minus_volume(*tetrahedron) for tetrahedron in tetrahedra(corners, phi))
    interface_area, flux_integral, interface_vector = 0.0, 0.0, np.zeros(3)
    for vector, centroid in patches(corners, phi):
        area = np.linalg.norm(vector)
        interface_area += area
        flux_integral += area * at(problem.jump_flux, centroid)
        interface_vector += vector
    volume = np.array([volume_minus, h.prod() - volume_minus])

    face_area, face_centroid = np.zeros((2, 6)), np.full((2, 6, 3), np.nan)
    for f, direction in enumerate(FACES):
        axis, high = int(np.argmax(np.abs(direction))), int(direction.sum() > 0)
        on_face = [c for c in range(8) if CORNERS[c][axis] == high]
        for middle in (1, 2):  # two triangles on the diagonal of the face
            triangle = [(corners[c], phi[c]) for c in (on_face[0], on_face[middle], on_face[3])]
            for side in (MINUS, PLUS):
                vector, moment = polygon_parts([p for p, _ in clip(triangle, side)] or [x])
                face_area[side, f] += np.linalg.norm(vector)
                face_centroid[side, f] = np.nan_to_num(face_centroid[side, f]) + moment
        for side in (MINUS, PLUS):
            if face_area[side, f] < 1e-14 * h.prod() / h[axis]:
                face_area[side, f], face_centroid[side, f] = 0.0, np.nan
            else:
                face_centroid[side, f] /= face_area[side, f]

    weights = np.zeros((5, 5, 5))
    rhs, diagonal = -flux_integral, 0.0

    def add(side: int, offset: Array, coefficient: float) -> None:
        nonlocal rhs
        if coefficient == 0.0:
            return
        node = x + h * offset
        own = MINUS if at(problem.level_set, node) < 0 else PLUS
        i, j, k = offset + 2
        if own == side:
            weights[i, j, k] += coefficient
            return
        ghost_weights, constant = ghost(problem, node, h)
        weights[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2] += coefficient * ghost_weights.reshape(3, 3, 3)
        rhs -= coefficient * constant

    center = np.zeros(3, dtype=int)
    for side in (MINUS, PLUS):
        if volume[side] > 0:
            mass = at(problem.k[side], x) * volume[side]
            rhs += at(problem.f[side], x) * volume[side]
            diagonal += mass
            add(side, center, mass)
        for f, direction in enumerate(FACES):
            if face_area[side, f] == 0:
                continue
            flux = at(problem.mu[side], face_centroid[side, f]) * face_area[side, f] / (h @ np.abs(direction))
            diagonal += flux
            add(side, center, flux)
            add(side, direction, -flux)

    center_weights, center_constant = ghost(problem, x, h)
    return Cell(
        volume=volume,
        face_area=face_area,
        face_centroid=face_centroid,
        interface_area=interface_area,
        interface_vector=interface_vector,
        flux_jump_integral=flux_integral,
        center_ghost_weights=center_weights,
        center_ghost_constant=center_constant,
        weights=weights.ravel(),
        rhs=rhs,
        diagonal=diagonal,
    )


def is_irregular(problem: ReferenceProblem, x: Array, h: Array) -> bool:
    """Section 4, in so many words."""
    x, h = np.asarray(x, float), np.broadcast_to(np.asarray(h, float), (3,))
    values = [at(problem.level_set, x + h * (c - 0.5)) for c in CORNERS]
    values = [1e-12 * h.min() if abs(v) < 1e-12 * h.min() else v for v in values]
    values += [at(problem.level_set, x + h * o) for o in [np.zeros(3), *FACES]]
    return min(values) < 0 <= max(values)


def regular_weights(problem: ReferenceProblem, side: int, x: Array, h: Array) -> tuple[Array, Array, float, float]:
    """Section 5 in its plain form: centre weight, six neighbour weights, right side, diagonal."""
    x, h = np.asarray(x, float), np.broadcast_to(np.asarray(h, float), (3,))
    volume = h.prod()
    flux = []
    for direction in FACES:
        step = h @ np.abs(direction)
        flux.append(at(problem.mu[side], x + 0.5 * h * direction) * volume / step / step)
    center = at(problem.k[side], x) * volume + sum(flux)
    return np.array([center]), -np.array(flux), at(problem.f[side], x) * volume, center
