"""Slow, obvious rows of cells at an interface with a resistance and a reaction (docs/method.md, section 7, "Laws of
the interface"): least squares by a pseudo-inverse, ghost values by eliminating them from their equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from reference.problems_reference import ReferenceProblem, Scalar
from reference.rows_reference import (
    CUBE,
    FACES,
    MINUS,
    NEIGHBORS,
    PLUS,
    Array,
    at,
    cell,
    cell_corners,
    patches,
    project,
)

NODES = np.array(list(product(range(-3, 4), repeat=3)))
OF_GHOST, CONSTANT = 125, 126  # behind the weights of the nodes of the cube around a node


@dataclass
class Laws:
    """``least_theta``: 0 on grids, 1 for cells that stand alone, without the case of a divisor below 1/20."""

    resistance: Scalar
    reaction: Scalar
    least_theta: float


@dataclass
class LawRow:
    weights: Array  # [343] the order of NODES
    rhs: float
    diagonal: float


def quadratic(place: Array) -> Array:
    x, y, z = place
    return np.array([1, x, y, z, x * x, y * y, z * z, x * y, x * z, y * z])


def quadratic_slope(place: Array, direction: Array) -> Array:
    """The derivative of the terms, by a complex step."""
    return np.imag(quadratic(place + 1e-30j * direction)) / 1e-30


class Ghost:
    """The quadratics of both sides around a node, and the value of the other side at it."""

    def __init__(self, problem: ReferenceProblem, laws: Laws, node: Array, h: Array) -> None:
        self.node, self.h = node, h
        self.phi = np.array([at(problem.level_set, node + h * o) for o in CUBE])
        sides = np.where(self.phi < 0, MINUS, PLUS)
        self.own = int(sides[62])
        self.fit = [self._fit(sides, side) for side in (MINUS, PLUS)]
        self.value_at_node = self._solve(problem, laws)

    def _fit(self, sides: Array, side: int) -> Array:
        """(10, 127): the coefficients of a side's quadratic, in cells, from the values around the node."""
        used = [n for n in range(125) if n == 62 or sides[n] == side]
        root = 1 / np.sqrt(1 + (CUBE[used] ** 2).sum(axis=1))
        terms = np.array([quadratic(o) for o in CUBE[used]])
        largest = ((root[:, None] * terms) ** 2).sum(axis=0).max()
        ridge = np.sqrt(1e-7 * largest * np.where(np.arange(10) < 4, 1e-4, 1.0))
        inverse = np.linalg.pinv(np.vstack([root[:, None] * terms, np.diag(ridge)]))
        fit = np.zeros((10, 127))
        fit[:, used] = inverse[:, : len(used)] * root
        if side != self.own:
            fit[:, OF_GHOST], fit[:, 62] = fit[:, 62], 0
        return fit

    def value(self, side: int, place: Array) -> Array:
        return self.eliminated(quadratic((place - self.node) / self.h) @ self.fit[side])

    def slope(self, side: int, place: Array, direction: Array) -> Array:
        return self.eliminated(quadratic_slope((place - self.node) / self.h, direction / self.h) @ self.fit[side])

    def eliminated(self, form: Array) -> Array:
        if not hasattr(self, "value_at_node"):
            return form
        out = form + form[OF_GHOST] * self.value_at_node
        out[OF_GHOST] = 0
        return out

    def normal(self, place: Array) -> Array:
        """By the level set's central differences at the node and their own at the place."""
        o = (place - self.node) / self.h
        cube = self.phi.reshape(5, 5, 5)[1:4, 1:4, 1:4]
        gradient, middle = np.zeros(3), np.array([1, 1, 1])
        for k, e in enumerate(np.eye(3, dtype=int)):
            gradient[k] = (cube[tuple(middle + e)] - cube[tuple(middle - e)]) / 2
            gradient[k] += o[k] * (cube[tuple(middle + e)] - 2 * cube[1, 1, 1] + cube[tuple(middle - e)])
            for j, d in enumerate(np.eye(3, dtype=int)):
                if j != k:
                    gradient[k] += (
                        o[j]
                        / 4
                        * sum(s * t * cube[tuple(middle + s * e + t * d)] for s, t in product((1, -1), repeat=2))
                    )
        gradient /= self.h
        return gradient / np.linalg.norm(gradient)

    def _linear_slope(self, slow: int, normal: Array) -> Array:
        """The derivative of ghosts without laws: of the neighbours on the slow side, against the node."""
        form = np.zeros(127)
        index = {tuple(o): n for n, o in enumerate(CUBE)}
        side = 0 if slow == MINUS else 1
        used = [o for o in NEIGHBORS if o.any() and (self.phi[index[tuple(o)]] >= 0) == side]
        c = normal @ np.linalg.pinv((np.array(used) * self.h).astype(float), rcond=1e-10)
        for o, weight in zip(used, c, strict=True):
            form[index[tuple(o)]] = weight
        form[62 if slow == self.own else OF_GHOST] -= c.sum()
        return form

    def _solve(self, problem: ReferenceProblem, laws: Laws) -> Array:
        foot, delta, normal = project(problem, self.node, self.h, self._neighbors())
        mu = [at(m, foot) for m in problem.mu]
        own, other = self.own, 1 - self.own
        sigma = 1.0 if own == MINUS else -1.0
        slow = MINUS if mu[MINUS] <= mu[PLUS] else PLUS
        kappa = mu[MINUS] / mu[PLUS] - 1 if slow == MINUS else 1 - mu[PLUS] / mu[MINUS]
        resistance = at(laws.resistance, foot)
        one, node, ghost = np.zeros((3, 127))
        one[CONSTANT] = node[62] = ghost[OF_GHOST] = 1
        B = at(problem.jump_flux, foot) * one
        B = B + at(laws.reaction, foot) / 2 * (self.value(own, foot) + self.value(other, foot))
        step = at(problem.jump_u, foot) * one
        step = step + resistance * (mu[other] * self.slope(other, foot, self.normal(foot)) - sigma / 2 * B)
        first = ghost - node - sigma * (step + delta * kappa * self._linear_slope(slow, normal) + delta / max(mu) * B)
        second = self.value(other, foot) - self.value(own, foot) - sigma * step
        on_grids = resistance * mu[other] / (resistance * mu[other] + self.h.min())
        theta = max(on_grids, laws.least_theta)
        equation = (1 - theta) * first + theta * second
        self.theta, self.mu = theta, mu
        solved = -equation / equation[OF_GHOST]
        solved[OF_GHOST] = 0
        return solved

    def _neighbors(self) -> Array:
        return self.phi.reshape(5, 5, 5)[1:4, 1:4, 1:4].ravel()


def law_row(problem: ReferenceProblem, laws: Laws, x: Array, h: Array) -> LawRow:
    parts = cell(problem, x, h)
    weights = np.zeros((7, 7, 7))
    rhs, diagonal = -parts.flux_jump_integral, 0.0

    def add(form: Array, offset: Array, factor: float) -> None:
        nonlocal rhs
        i, j, k = offset + 1
        weights[i : i + 5, j : j + 5, k : k + 5] += factor * form[:125].reshape(5, 5, 5)
        rhs -= factor * form[CONSTANT]

    def beyond(offset: Array, side: int) -> Ghost | None:
        """What stands for the value of a side at a node of the other one."""
        node = x + h * offset
        own = MINUS if at(problem.level_set, node) < 0 else PLUS
        return None if own == side else Ghost(problem, laws, node, h)

    at_center = Ghost(problem, laws, x, h)
    at_node = np.zeros(127)
    at_node[62] = 1
    center = np.zeros(3, dtype=int)
    for side in (MINUS, PLUS):
        if parts.volume[side] > 0:
            mass = at(problem.k[side], x) * parts.volume[side]
            rhs += at(problem.f[side], x) * parts.volume[side]
            diagonal += mass
            add(at_node if side == at_center.own else at_center.value_at_node, center, mass)
        for f, direction in enumerate(FACES):
            area, place = parts.face_area[side, f], parts.face_centroid[side, f]
            if area == 0:
                continue
            conductance = at(problem.mu[side], place) * area
            length = h @ np.abs(direction)
            diagonal += conductance / length
            ends = [(offset, beyond(offset, side)) for offset in (center, direction)]
            ghosts = [(offset, ghost) for offset, ghost in ends if ghost]
            two_point = 1.0
            for offset, ghost in ghosts:
                share = ghost.theta / len(ghosts)
                two_point -= share
                add(ghost.slope(side, place, direction.astype(float)), offset, -share * conductance)
            for (offset, ghost), sign in zip(ends, (1, -1), strict=True):
                add(ghost.value_at_node if ghost else at_node, offset, two_point * sign * conductance / length)
    found = [(np.linalg.norm(vector), centroid) for vector, centroid in patches(*cell_corners(problem, x, h))]
    area = sum(a for a, _ in found)
    if area > 0:
        middle = sum(a * c for a, c in found) / area
        tilt = -sum(a * d for a, d in zip(parts.face_area[MINUS], FACES, strict=True)).astype(float)
        tilt -= sum(a * at_center.normal(c) for a, c in found)
        for side, sign in ((PLUS, 1), (MINUS, -1)):
            add(at_center.slope(side, middle, tilt), center, sign * at_center.theta * at_center.mu[side])
    for a, c in found:
        reaction = at(laws.reaction, c) * a
        diagonal += abs(reaction)
        for side in (MINUS, PLUS):
            add(at_center.value(side, c), center, reaction / 2)
    return LawRow(weights.ravel(), rhs, diagonal)
