"""A solution with known parameters, and the network again in NumPy."""

import numpy as np

from nbm import Solution, _core, symbols
from nbm.fields import as_field

LOWER, UPPER = np.array([-1.0, 0.0, -0.5]), np.array([1.0, 3.0, 0.25])
HIDDEN, OMEGA, GAMMA = (6, 5), 2.5, 1.5
RADIUS_SQUARED = 0.81


def level_set(points):
    return (np.asarray(points) ** 2).sum(axis=1) - RADIUS_SQUARED


def make_level_set():
    return symbols.x**2 + symbols.y**2 + symbols.z**2 - RADIUS_SQUARED


def parameters_of(seed=0):
    count = 3 * HIDDEN[0] + HIDDEN[0] + HIDDEN[0] * HIDDEN[1] + HIDDEN[1] + HIDDEN[1] + 1
    return np.random.default_rng(seed).normal(scale=0.6, size=2 * count)


def make_solution(field=None):
    box = _core.Box(tuple(LOWER), tuple(UPPER))
    field = as_field(make_level_set() if field is None else field, "level_set")
    return Solution(_core.Solution(box, field, list(HIDDEN), OMEGA, GAMMA, parameters_of(), {"made by": "a test"}))


def network(parameters, points):
    """docs/method.md, section 2, for one side."""
    a = 2 * (np.asarray(points) - (LOWER + UPPER) / 2) / (UPPER - LOWER)
    at, frequency = 0, OMEGA
    for width in HIDDEN:
        weight = parameters[at : at + width * a.shape[1]].reshape(width, -1)
        bias = parameters[at + weight.size : at + weight.size + width]
        at += weight.size + width
        a = np.sin(frequency * (a @ weight.T + bias))
        frequency = 1.0
    return a @ parameters[at:-1] + parameters[-1]


def both_sides(points):
    minus, plus = np.split(parameters_of(), 2)
    return network(minus, points), network(plus, points)


def some_points(count=4000):
    return np.random.default_rng(1).uniform(LOWER, UPPER, size=(count, 3))
