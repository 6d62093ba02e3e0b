"""Ready problems with known solutions (docs/method.md, section 11), for trying things out and for comparisons."""

from __future__ import annotations

from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.manufactured import ManufacturedProblem, manufactured
from nbm.symbols import atan2, cos, exp, log, pi, sin, sqrt, x, y, z

__all__ = ["ellipsoid", "no_interface", "sphere", "sphere_contrast", "star"]

_CUBE = Box((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0))


def sphere() -> ManufacturedProblem:
    """Return the sphere of radius 0.5 of Table 1: different smooth solutions and coefficients on the two sides."""
    return manufactured(
        u_minus=exp(z),
        u_plus=cos(x) * sin(y),
        mu_minus=y**2 * log(x + 2) + 4,
        mu_plus=exp(-z),
        level_set=sqrt(x**2 + y**2 + z**2) - 0.5,
        box=_CUBE,
    )


def star() -> ManufacturedProblem:
    """Return a star-shaped interface with bumps of three wave numbers and an oscillating coefficient."""
    r = sqrt(x**2 + y**2 + z**2)
    theta = atan2(y, x)
    waves = 0.1 * cos(3 * (theta - 0.5)) - 0.1 * cos(4 * (theta - 1.8)) + 0.15 * cos(7 * theta)
    t = (y - x) / 3
    return manufactured(
        u_minus=sin(2 * x) * cos(2 * y) * exp(z),
        u_plus=(16 * t**5 - 20 * t**3 + 5 * t) * log(x + y + 3) * cos(z),
        mu_minus=10 + (sin(4 * pi * x) - sin(4 * pi * y)) * cos(z),
        mu_plus=1,
        # 1e-30 changes no value in double precision but makes 0 / 0 at the centre 0.
        level_set=r - 0.483 * (1 + ((x**2 + y**2) / (r**2 + 1e-30)) ** 2 * waves),
        box=_CUBE,
    )


def ellipsoid() -> ManufacturedProblem:
    """Return an ellipsoid with contrast 1000, whose level set is no distance function."""
    return manufactured(
        u_minus=exp(x + y + z),
        u_plus=sin(x) * sin(y) * sin(z),
        mu_minus=1,
        mu_plus=1e-3,
        level_set=(x / 0.7) ** 2 + (y / 0.5) ** 2 + (z / 0.3) ** 2 - 1,
        box=_CUBE,
    )


def sphere_contrast(ratio: float) -> ManufacturedProblem:
    """Return the sphere problem with constant coefficients 1 inside and ``ratio`` outside.

    Raises:
        InvalidArgument: the ratio is not positive.
    """
    if not ratio > 0:
        raise InvalidArgument(f"ratio: got {ratio}, expected a positive number", "ratio")
    return manufactured(
        u_minus=exp(z),
        u_plus=cos(x) * sin(y),
        mu_minus=1,
        mu_plus=float(ratio),
        level_set=sqrt(x**2 + y**2 + z**2) - 0.5,
        box=_CUBE,
    )


def no_interface() -> ManufacturedProblem:
    """Return a plain elliptic problem with reaction and a variable coefficient, without interface."""
    return manufactured(
        u_minus=0,
        u_plus=sin(2 * x) * cos(y) * exp(z / 2),
        mu_plus=2 + sin(x) * cos(z),
        k_plus=1 + y**2,
        box=_CUBE,
    )
