"""Small problems, one for each line of physics, that every back end has to train alike."""

import functools

import nbm
from nbm.symbols import Abs, cos, exp, pi, sin, sinh, sqrt, u, x, y, z

BOX = nbm.Box((-1, -1, -1), (1, 1, 1))
BALL = sqrt(x**2 + y**2 + z**2) - 0.5
THROUGH_WALLS = z - 0.3 * x - 0.1
CUT_CELLS, DIRECT_JUMP = "bochkov_gibou", "direct_jump"


def walls(level_set=THROUGH_WALLS):
    """Fluxes and exchange by face, on one face of its own on either side."""
    return nbm.Problem(
        BOX,
        level_set,
        minus=nbm.Medium(mu=2 + x, f=1.0, walls={"x+": nbm.Robin(h=2.0, u=z)}),
        plus=nbm.Medium(mu=exp(-z), f=cos(y)),
        jump_u=0.3 + x,
        jump_flux=y,
        boundary=sin(x + z),
        walls={"x-": nbm.Neumann(0.5 + y), "x+": nbm.Robin(h=1 + y**2, u=1.0), "y+": nbm.Neumann()},
    )


def laws():
    """Resistance and surface reaction, which vary along the interface."""
    return nbm.Problem(
        BOX,
        BALL,
        minus=nbm.Medium(mu=3.0, f=1.0),
        plus=nbm.Medium(mu=1 + x / 2),
        jump_u=0.2,
        boundary=x + z,
        resistance=0.4 + x**2,
        surface_reaction=1.5 + y,
    )


def nonlinear():
    """A reaction and a mu of u, about their solution on a grid: networks train on linear problems."""
    stated = nbm.Problem(
        BOX,
        BALL,
        minus=nbm.Medium(mu=2 + u / 4, f=2.0),
        plus=nbm.Medium(reaction=sinh(u) + x * u),
        boundary=0.5 + z / 4,
    )
    return nbm.linearized(stated, nbm.solve_on_grid(stated, 10, threads=1))


def periods():
    """Periods along two axes, one with a jump, through which the interface goes."""
    return nbm.Problem(
        BOX,
        z - 0.3 * sin(pi * x) - 0.1,
        minus=nbm.Medium(mu=2 + sin(pi * x), f=1.0),
        plus=nbm.Medium(mu=exp(-z), f=cos(y)),
        jump_u=0.3,
        jump_flux=z,
        walls={"x": nbm.Periodic(jump=0.5), "y": nbm.Periodic(), "z-": nbm.Dirichlet(x / 4), "z+": nbm.Robin(h=2.0)},
    )


def shell():
    """Two pieces of the plus side."""
    level_set = Abs(sqrt(x**2 + y**2 + z**2) - 0.5) - 0.15
    return nbm.Problem(BOX, level_set, minus=nbm.Medium(mu=2 + x), plus=nbm.Medium(f=1.0), jump_u=0.5, boundary=x + z)


DEEP, OUTPUT_LAYER = nbm.Siren(hidden=(6, 5)), nbm.Siren(hidden=(24,), trained="output")
_LINES = {
    "walls, cut cells": (walls, CUT_CELLS),
    "walls, direct jump": (walls, DIRECT_JUMP),
    "laws, cut cells": (laws, CUT_CELLS),
    "laws, direct jump": (laws, DIRECT_JUMP),
    "laws, output layer": (laws, DIRECT_JUMP, OUTPUT_LAYER),
    "walls and laws": (lambda: walls().replace(resistance=0.3, surface_reaction=2.0), DIRECT_JUMP),
    "periods, cut cells": (periods, CUT_CELLS),
    "periods, direct jump": (periods, DIRECT_JUMP),
    "nonlinear, cut cells": (nonlinear, CUT_CELLS),
    "nonlinear, direct jump": (nonlinear, DIRECT_JUMP),
}
LINES = list(_LINES)


@functools.cache
def _problem(make):
    return make()


def trainer(line, optimizer, **more):
    """Return a training of some points of the line's problem, before its first step."""
    make, discretization, *network = _LINES[line]
    options = {
        "network": network[0] if network else DEEP,
        "cell_size": 1 / 8,
        "discretization": discretization,
        "sampling": nbm.Sampling(regular=101, irregular=31, boundary=67, refresh=2),
        "precision": "float64",
        "record_every": 1,
        "threads": 1,
        "device": "cpu",
    }
    return nbm.Trainer(_problem(make), optimizer=optimizer, **{**options, **more})
