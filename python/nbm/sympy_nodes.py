"""SymPy expressions as the nodes of native ones."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp
from sympy.logic.boolalg import And, Boolean, BooleanFalse, BooleanTrue, Not, Or

from nbm import _core
from nbm.errors import InvalidArgument
from nbm.symbols import x, y, z

__all__ = ["NodeProgram", "compile_expression", "nodes_of", "with_our_symbols"]

NodeProgram = tuple[list[str], list[tuple[int, int, int]], list[float]]  # operations, operands, numbers
_COORDINATES = {"x": x, "y": y, "z": z}
_FUNCTIONS: dict[Any, str] = {
    sp.exp: "exp",
    sp.log: "log",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tan: "tan",
    sp.asin: "asin",
    sp.acos: "acos",
    sp.atan: "atan",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.tanh: "tanh",
    sp.Abs: "abs",
    sp.sign: "sign",
}


def with_our_symbols(expression: sp.Expr, name: str) -> sp.Expr:
    """Replace symbols called x, y, z, whatever their assumptions, by those of :mod:`nbm.symbols`.

    Raises:
        InvalidArgument: there are other symbols.
    """
    unknown = sorted(str(s) for s in expression.free_symbols if str(s) not in _COORDINATES)
    if unknown:
        raise InvalidArgument(f"{name}: unknown symbol {unknown[0]}; a field is a function of x, y and z only", name)
    return expression.xreplace({s: _COORDINATES[str(s)] for s in expression.free_symbols})


def compile_expression(expression: sp.Expr, name: str) -> _core.Expression:
    """Compile a SymPy expression of x, y, z for native evaluation.

    Raises:
        InvalidArgument: a function that has no native counterpart, another symbol, or a number that is not real.
    """
    return _core.Expression.from_nodes(*nodes_of(with_our_symbols(expression, name), name))


def nodes_of(expression: sp.Expr, name: str) -> NodeProgram:
    """Return operations, operands (numbers of earlier nodes, or -1) and numbers; the last node is the expression.

    Raises:
        InvalidArgument: a function that has no native counterpart, or a number that is not real.
    """
    converter = _Converter(name)
    try:
        converter.result(expression)
    except RecursionError:
        raise InvalidArgument(
            f"{name}: the expression is nested too deeply; build it from shorter parts", name
        ) from None
    return converter.ops, converter.operands, converter.values


class _Converter:
    """Writes nodes, operands first; equal subexpressions once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ops: list[str] = []
        self.operands: list[tuple[int, int, int]] = []
        self.values: list[float] = []
        self._known: dict[Any, int] = {}

    def result(self, expression: sp.Expr) -> None:
        """Write the expression so that its node is the last."""
        index = self.node(expression)
        if index != len(self.ops) - 1:
            self.emit("multiply", index, self.constant(1.0))

    def emit(self, op: str, a: int = -1, b: int = -1, c: int = -1, value: float = 0.0) -> int:
        self.ops.append(op)
        self.operands.append((a, b, c))
        self.values.append(value)
        return len(self.ops) - 1

    def constant(self, value: float) -> int:
        return self.emit("constant", value=value)

    def node(self, e: Any) -> int:
        if e not in self._known:
            self._known[e] = self._make(e)
        return self._known[e]

    def _make(self, e: Any) -> int:
        if isinstance(e, sp.Symbol):
            return self.emit(str(e))
        if isinstance(e, Boolean) and not isinstance(e, sp.Symbol):
            return self._condition(e)
        if isinstance(e, (sp.Number, sp.NumberSymbol)) and e.is_finite:
            return self.constant(float(e))
        if isinstance(e, sp.Add):
            return self._sum(e)
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        return self._function(e)

    def _sum(self, e: sp.Expr) -> int:
        positive = [t for t in e.args if not t.could_extract_minus_sign()]
        negative = [-t for t in e.args if t.could_extract_minus_sign()]
        if not positive:
            return self.emit("negate", self._chain("add", negative))
        total = self._chain("add", positive)
        for term in negative:
            total = self.emit("subtract", total, self.node(term))
        return total

    def _product(self, e: sp.Expr) -> int:
        if e.could_extract_minus_sign() and e.args[0].is_Number and e.args[0].is_negative:
            return self.emit("negate", self.node(-e))
        above, below = [], []
        for factor in e.args:
            if isinstance(factor, sp.Pow) and factor.exp.is_number and factor.exp.is_negative:
                below.append(factor.base**-factor.exp)
            else:
                above.append(factor)
        if not below:
            return self._chain("multiply", above)
        return self.emit("divide", self._chain("multiply", above), self._chain("multiply", below))

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> int:
        if exponent.is_number and exponent.is_negative:
            return self.emit("divide", self.constant(1.0), self.node(base**-exponent))
        if exponent == sp.S.Half:
            return self.emit("sqrt", self.node(base))
        return self.emit("power", self.node(base), self.node(exponent))

    def _chain(self, op: str, terms: list[sp.Expr]) -> int:
        if not terms:
            return self.constant(1.0)
        total = self.node(terms[0])
        for term in terms[1:]:
            total = self.emit(op, total, self.node(term))
        return total

    def _function(self, e: Any) -> int:
        arguments = e.args
        if isinstance(e, (sp.Min, sp.Max)):
            return self._chain("minimum" if isinstance(e, sp.Min) else "maximum", list(arguments))
        if isinstance(e, sp.atan2):
            return self.emit("atan2", self.node(arguments[0]), self.node(arguments[1]))
        if isinstance(e, sp.Heaviside):  # appears in derivatives of Min and Max
            return self.node((sp.sign(arguments[0]) + 1) / 2)
        if not arguments:
            raise self._error(f"contains {e}, expected finite real numbers")
        op = _FUNCTIONS.get(e.func)
        if op is None or len(arguments) != 1:
            raise self._error(
                f"{e.func.__name__} is not supported; use the functions of nbm.symbols, or a Python function"
            )
        return self.emit(op, self.node(arguments[0]))

    def _piecewise(self, e: sp.Piecewise) -> int:
        result: int | None = None
        for value, condition in reversed(e.args):
            if condition is sp.true:
                result = self.node(value)
                continue
            otherwise = self.constant(math.nan) if result is None else result
            result = self.emit("select", self.node(condition), self.node(value), otherwise)
        assert result is not None  # a Piecewise has at least one piece
        return result

    def _condition(self, e: Any) -> int:
        """Write 1 where the condition holds, else 0."""
        if isinstance(e, (BooleanTrue, BooleanFalse)):
            return self.constant(1.0 if isinstance(e, BooleanTrue) else 0.0)
        if isinstance(e, (And, Or)):
            return self._chain("minimum" if isinstance(e, And) else "maximum", list(e.args))
        if isinstance(e, Not):
            return self._not(self.node(e.args[0]))
        if isinstance(e, sp.Ne):
            return self._not(self.node(sp.Eq(*e.args, evaluate=False)))
        if not isinstance(e, sp.core.relational.Relational):
            raise self._error(f"{e.func.__name__} is not supported in a condition; use comparisons, And, Or and Not")
        a, b = self.node(e.args[0]), self.node(e.args[1])
        if isinstance(e, sp.StrictLessThan):
            return self.emit("less", a, b)
        if isinstance(e, sp.StrictGreaterThan):
            return self.emit("less", b, a)
        if isinstance(e, sp.LessThan):
            return self._not(self.emit("less", b, a))
        if isinstance(e, sp.GreaterThan):
            return self._not(self.emit("less", a, b))
        return self.emit("minimum", self._not(self.emit("less", a, b)), self._not(self.emit("less", b, a)))

    def _not(self, condition: int) -> int:
        return self.emit("subtract", self.constant(1.0), condition)

    def _error(self, message: str) -> InvalidArgument:
        return InvalidArgument(f"{self.name}: {message}", self.name)
