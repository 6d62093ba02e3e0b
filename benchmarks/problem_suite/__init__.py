"""Problems as people have them: plain geometry, plain data, and values of u that do not come from nbm.

Nothing is manufactured from entire functions. Truth is a formula where one exists, otherwise values at random points
from a solver of another kind (data/README.md). ``benchmarks/problems.py`` measures all of it.
"""

from problem_suite.balls import absorbing, born, coated, heated, heated_chip, small, sphere1e4, sphere2, sphere100
from problem_suite.case import Bars, Case
from problem_suite.planes import layers, no_interface
from problem_suite.references import composite, cube, dragon, random12

__all__ = ["CASES", "Bars", "Case"]

CASES = {
    builder.__name__: builder
    for builder in (
        sphere2, sphere100, sphere1e4, coated, heated, heated_chip, small, born, layers, absorbing, no_interface,
        composite, random12, cube, dragon,
    )
}  # fmt: skip
"""Each makes its case when called; ``dragon`` returns None where its file is not there."""
