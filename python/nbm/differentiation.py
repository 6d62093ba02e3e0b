"""Derivatives of SymPy expressions whose size stays near that of the expression.

``sympy.diff`` writes the derivative of a product of n factors as n products, and its derivative as n^2. Here products
are halved, and equal subexpressions are differentiated once: two derivatives of n factors take n (log n)^2 terms.
"""

from __future__ import annotations

import sympy as sp

__all__ = ["Differentiator"]

_FEW_FACTORS = 2
_CIRCULAR = (sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan)
_OF_ONE_ARGUMENT = (sp.exp, sp.log, *_CIRCULAR, sp.sinh, sp.cosh, sp.tanh)


class Differentiator:
    """Derivatives by one coordinate; what was differentiated is remembered."""

    def __init__(self, coordinate: sp.Symbol) -> None:
        """Differentiate by ``coordinate``."""
        self._coordinate = coordinate
        self._known: dict[sp.Basic, sp.Expr] = {}

    def __call__(self, expression: sp.Expr) -> sp.Expr:
        """Return the derivative; as SymPy has it, but for the way in which it is written."""
        if not expression.has(self._coordinate):
            return sp.S.Zero
        if expression not in self._known:
            self._known[expression] = self._derivative(expression)
        return self._known[expression]

    def _derivative(self, e: sp.Expr) -> sp.Expr:
        if isinstance(e, sp.Add):
            return sp.Add(*(self(term) for term in e.args))
        if isinstance(e, sp.Mul) and len(e.args) > _FEW_FACTORS:
            half = len(e.args) // 2
            left, right = e.func(*e.args[:half]), e.func(*e.args[half:])
            return self(left) * right + left * self(right)
        if isinstance(e, sp.Mul):
            left, right = e.args
            return self(left) * right + left * self(right)
        if isinstance(e, sp.Pow) and not e.exp.has(self._coordinate):
            return e.exp * e.base ** (e.exp - 1) * self(e.base)
        if isinstance(
            e, (sp.exp, sp.log, sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan, sp.sinh, sp.cosh, sp.tanh)
        ):
            return e.fdiff() * self(e.args[0])
        return sp.diff(e, self._coordinate)
