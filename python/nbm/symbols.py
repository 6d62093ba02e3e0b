"""Coordinates and functions for writing problems: SymPy objects, real symbols.

``x``, ``y``, ``z`` are box coordinates. Whatever is built from them with these functions, ``+ - * / **`` and numbers
runs natively, without Python, when a problem is solved.
"""

from __future__ import annotations

from sympy import (
    Abs,
    E,
    Max,
    Min,
    Piecewise,
    acos,
    asin,
    atan,
    atan2,
    cos,
    cosh,
    exp,
    log,
    pi,
    sign,
    sin,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
)

__all__ = [
    "Abs",
    "E",
    "Max",
    "Min",
    "Piecewise",
    "acos",
    "asin",
    "atan",
    "atan2",
    "cos",
    "cosh",
    "exp",
    "log",
    "pi",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "u",
    "x",
    "y",
    "z",
]

x, y, z = symbols("x y z", real=True)
u = symbols("u", real=True)  # the solution, in reactions alone
