"""Expressions as text, for problem files and the command line: read through a whitelist, never evaluated as Python."""

from __future__ import annotations

import ast
import keyword
import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from nbm import symbols
from nbm.errors import InvalidArgument
from nbm.sympy_nodes import with_our_symbols

__all__ = ["is_free_name", "parse", "to_text"]

_MOST_CHARACTERS = 20_000
_MOST_DEPTH = 100
_MOST_EXPONENT = 1000
_LARGEST = 1e300  # of the numbers in an expression
_LARGEST_ARGUMENT = 600  # of a function of a number: what exp takes

_NAMES: dict[str, sp.Expr] = {"x": symbols.x, "y": symbols.y, "z": symbols.z, "pi": sp.pi, "E": sp.E}
_FUNCTIONS: dict[str, tuple[Callable[..., sp.Expr], int | None]] = {
    **{name: (getattr(sp, name), 1) for name in ("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan")},
    **{name: (getattr(sp, name), 1) for name in ("sinh", "cosh", "tanh", "sqrt", "sign", "Abs")},
    "abs": (sp.Abs, 1),
    "atan2": (sp.atan2, 2),
    **{name: (sp.Min, None) for name in ("Min", "min")},
    **{name: (sp.Max, None) for name in ("Max", "max")},
}
_COMPARISONS: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: sp.Lt,
    ast.LtE: sp.Le,
    ast.Gt: sp.Gt,
    ast.GtE: sp.Ge,
    ast.Eq: sp.Eq,
    ast.NotEq: sp.Ne,
}


def parse(text: str, names: Mapping[str, float | sp.Expr] | None = None) -> sp.Expr:
    """Read an expression such as ``"y**2 * log(x + 2) + 4"`` into a SymPy object.

    Args:
        text: The expression.
        names: Numbers, and other symbols, that it may use by name.

    Allowed: numbers, ``x y z pi E``, ``+ - * / **``, parentheses, the functions of :mod:`nbm.symbols` (also ``abs``,
    ``min``, ``max``), ``Piecewise((value, condition), ..., (value, True))`` and ``where(condition, value, otherwise)``,
    with comparisons, ``and``, ``or``, ``not`` in conditions only.

    Raises:
        InvalidArgument: anything else, too long or too deeply nested text, or numbers beyond 1e300.
    """
    if not isinstance(text, str):
        raise _error(f"got {type(text).__name__}, expected text")
    if len(text) > _MOST_CHARACTERS:
        raise _error(f"{len(text)} characters are too many, at most {_MOST_CHARACTERS} are read")
    if not text.isascii() or not text.isprintable():
        raise _error("only plain ASCII characters on one line are allowed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as of "1_0x": what Python doubts is no expression
            tree = ast.parse(text.strip(), mode="eval")
    except (MemoryError, RecursionError):
        raise _error(f"nested too deeply, at most {_MOST_DEPTH} levels are read") from None
    except (SyntaxError, ValueError, Warning) as error:
        reason = error.msg.split(":")[0] if isinstance(error, SyntaxError) else "a number cannot be read"
        raise _error(f"{_shortened(text)!r} is no expression: {reason}") from None
    try:
        return _Reader({} if names is None else names).value(tree.body, 0)
    except InvalidArgument:
        raise
    except (ArithmeticError, AttributeError, NotImplementedError, RecursionError, TypeError, ValueError) as error:
        # SymPy evaluates what it is given, and fails in its own ways at numbers that are not real.
        message = f"{_shortened(text)!r} cannot be evaluated; is it a real number everywhere? ({type(error).__name__})"
        raise _error(message) from error


def is_free_name(name: str) -> bool:
    """Whether a parameter may have this name: an identifier of ASCII letters that means nothing yet."""
    taken = name in _NAMES or name in _FUNCTIONS or name in ("Piecewise", "where") or keyword.iskeyword(name)
    return name.isascii() and name.isidentifier() and not taken


def to_text(expression: sp.Expr) -> str:
    """Write an expression of x, y, z so that :func:`parse` reads an equivalent one (every number to the last bit).

    Raises:
        InvalidArgument: the expression has parts that no problem can use.
    """
    return str(_Printer().doprint(with_our_symbols(sp.sympify(expression, strict=True), "expression")))


def _error(message: str) -> InvalidArgument:
    return InvalidArgument(f"expression: {message}", "expression")


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _written(node: ast.AST) -> str:
    return repr(_shortened(ast.unparse(node)))


def _size(number: sp.Expr) -> float:
    try:
        return abs(float(number))
    except OverflowError:
        return math.inf


class _Reader:
    """Builds SymPy objects from the allowed kinds of syntax nodes."""

    def __init__(self, names: Mapping[str, float | sp.Expr]) -> None:
        self._names = {**{name: sp.sympify(value) for name, value in names.items()}, **_NAMES}

    def value(self, node: ast.expr, depth: int) -> sp.Expr:
        if depth > _MOST_DEPTH:
            raise _error(f"nested too deeply, at most {_MOST_DEPTH} levels are read")
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            if node.id not in self._names:
                hint = ", a function needs arguments" if node.id in _FUNCTIONS else ""
                known = ", ".join(name for name in self._names if name != "E")
                raise _error(f"unknown name {_shortened(node.id)!r}, expected {known} or E{hint}")
            return self._names[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
            operand = self.value(node.operand, depth + 1)
            return operand if isinstance(node.op, ast.UAdd) else -operand
        if isinstance(node, ast.BinOp):
            return self._operation(node, depth)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        if isinstance(node, (ast.Compare, ast.BoolOp)):
            raise _error(f"the comparison {_written(node)} is allowed in conditions of Piecewise and where only")
        raise _error(f"{_written(node)} is not allowed; expected numbers, x, y, z, + - * / ** and known functions")

    def condition(self, node: ast.expr, depth: int) -> Any:
        if depth > _MOST_DEPTH:
            raise _error(f"nested too deeply, at most {_MOST_DEPTH} levels are read")
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return sp.true if node.value else sp.false
        if isinstance(node, ast.BoolOp):
            parts = [self.condition(v, depth + 1) for v in node.values]
            return sp.And(*parts) if isinstance(node.op, ast.And) else sp.Or(*parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return sp.Not(self.condition(node.operand, depth + 1))
        if isinstance(node, ast.Compare):
            sides = [self.value(v, depth + 1) for v in (node.left, *node.comparators)]
            compares = [_COMPARISONS.get(type(op)) for op in node.ops]
            if None not in compares:
                return sp.And(*(c(a, b) for c, a, b in zip(compares, sides, sides[1:], strict=False) if c))
        raise _error(f"{_written(node)} is no condition, expected comparisons such as x < 0.5, and, or, not, True")

    def _number(self, node: ast.Constant) -> sp.Expr:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _error(f"{_written(node)} is no real number")
        if not abs(value) <= _LARGEST:
            raise _error(f"the number {_written(node)} is too large, at most {_LARGEST:g} is read")
        return sp.Integer(value) if isinstance(value, int) else sp.Float(value)

    def _operation(self, node: ast.BinOp, depth: int) -> sp.Expr:
        if isinstance(node.op, ast.Pow):
            return self._power(self.value(node.left, depth + 1), self.value(node.right, depth + 1), node)
        if not isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
            hint = "; powers are written **" if isinstance(node.op, ast.BitXor) else ""
            raise _error(f"the operator in {_written(node)} is not allowed, expected + - * / **{hint}")
        # A chain such as a + b - c leans left as deep as it is long: taken in one go.
        kinds = (ast.Add, ast.Sub) if isinstance(node.op, (ast.Add, ast.Sub)) else (ast.Mult, ast.Div)
        operands = []
        rest: ast.expr = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, kinds):
            operand = self.value(rest.right, depth + 1)
            if isinstance(rest.op, ast.Sub):
                operand = -operand
            elif isinstance(rest.op, ast.Div):
                operand = self._checked(1 / operand, rest)
            operands.append(operand)
            rest = rest.left
        operands.append(self.value(rest, depth + 1))
        build = sp.Add if kinds[0] is ast.Add else sp.Mul
        return self._checked(build(*reversed(operands)), node)

    def _power(self, base: sp.Expr, exponent: sp.Expr, node: ast.expr) -> sp.Expr:
        if exponent.is_number and _size(exponent) > _MOST_EXPONENT:
            raise _error(f"an exponent beyond {_MOST_EXPONENT} is not allowed")
        if base.is_number and exponent.is_number:
            size = _size(base)
            if size > 0 and _size(exponent) * abs(math.log10(size)) > math.log10(_LARGEST):
                raise _error(f"a power of numbers is beyond {_LARGEST:g}")
        return self._checked(base**exponent, node)

    def _call(self, node: ast.Call, depth: int) -> sp.Expr:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name == "Piecewise" and not node.keywords:
            return self._piecewise(node, depth)
        if name == "where" and not node.keywords:
            return self._where(node, depth)
        if name is None or name not in _FUNCTIONS:
            raise _error(f"unknown function {_written(node.func)}, expected one of {', '.join(sorted(_FUNCTIONS))}")
        function, count = _FUNCTIONS[name]
        given = len(node.args)
        if node.keywords or given != (count if count is not None else max(given, 1)):
            raise _error(f"{name} takes {count or 'some'} argument(s), got {_written(node)}")
        arguments = [self.value(a, depth + 1) for a in node.args]
        limit = _LARGEST if name in ("sqrt", "log", "abs", "Abs", "sign") else _LARGEST_ARGUMENT
        for argument in arguments:
            if count == 1 and argument.is_number and _size(argument) > limit:
                raise _error(f"the argument in {_written(node)} is too large, at most {limit:g} is read")
        return self._checked(function(*arguments), node)

    def _where(self, node: ast.Call, depth: int) -> sp.Expr:
        if len(node.args) != 3:
            raise _error(f"where takes a condition and two values, got {_written(node)}")
        condition = self.condition(node.args[0], depth + 1)
        yes, no = (self.value(a, depth + 1) for a in node.args[1:])
        return self._pieces([(yes, condition), (no, sp.true)])

    def _piecewise(self, node: ast.Call, depth: int) -> sp.Expr:
        pieces = []
        for piece in node.args:
            if not isinstance(piece, ast.Tuple) or len(piece.elts) != 2:
                raise _error(f"a piece of Piecewise is (value, condition), got {_written(piece)}")
            pieces.append((self.value(piece.elts[0], depth + 1), self.condition(piece.elts[1], depth + 1)))
        if not pieces or pieces[-1][1] is not sp.true:
            raise _error("the last piece of Piecewise needs the condition True")
        return self._pieces(pieces)

    @staticmethod
    def _pieces(pieces: list[tuple[sp.Expr, Any]]) -> sp.Expr:
        # evaluate=False: rewriting conditions can take long.
        kept = [piece for piece in pieces if piece[1] is not sp.false]
        return kept[0][0] if kept[0][1] is sp.true else sp.Piecewise(*kept, evaluate=False)

    @staticmethod
    def _checked(result: sp.Expr, node: ast.expr) -> sp.Expr:
        """Refuse numbers that are infinite, complex or too large to go on with."""
        if result.is_number and (not result.is_real or not _size(result) <= _LARGEST):
            raise _error(f"{_written(node)} is no finite real number")
        return result


class _Printer(StrPrinter):  # type: ignore[misc]
    def _print_Float(self, e: sp.Float) -> str:
        return repr(float(e))

    def _print_Integer(self, e: sp.Integer) -> str:
        return str(int(e))

    def _print_Rational(self, e: sp.Rational) -> str:
        return f"{e.p}/{e.q}"

    def _print_Exp1(self, e: sp.Expr) -> str:
        return "E"

    def _print_Heaviside(self, e: sp.Expr) -> str:
        return f"((sign({self._print(e.args[0])}) + 1)/2)"

    def _print_Relational(self, e: Relational) -> str:
        operator = {sp.Eq: "==", sp.Ne: "!="}.get(type(e), e.rel_op)
        left, right = (self.parenthesize(side, PRECEDENCE["Relational"]) for side in e.args)
        return f"({left} {operator} {right})"

    def _print_And(self, e: Any) -> str:
        return "(" + " and ".join(self._print(a) for a in e.args) + ")"

    def _print_Or(self, e: Any) -> str:
        return "(" + " or ".join(self._print(a) for a in e.args) + ")"

    def _print_Not(self, e: Any) -> str:
        return f"(not {self._print(e.args[0])})"

    def _print_Function(self, e: Any) -> str:
        name = e.func.__name__
        if name not in _FUNCTIONS:
            raise _error(f"{name} cannot be written; expected functions of nbm.symbols")
        return f"{name}({self.stringify(e.args, ', ')})"
