"""A problem file, a trainer that trains nothing, and calls of the command line."""

from pathlib import Path

from typer.testing import CliRunner

import nbm
from nbm.cli import app
from solution_helpers import make_solution

PROBLEM = """\
[box]
lower = [-1, 0, -0.5]
upper = [1, 3, 0.25]
[manufactured]
u_minus = "x"
u_plus = "1"
level_set = "x**2 + y**2 + z**2 - 0.81"
[training]
cells = 16
seed = 5
[optimizer]
kind = "adam"
steps = 40
[output]
shape = [4, 5, 6]
"""


class StandIn:
    """Stands in for the trainer: the same calls, no training."""

    made: "list[StandIn]" = []  # noqa: RUF012
    fail_at: "int | None" = None
    failure: "BaseException | None" = None

    def __init__(self, problem, *, callback=None, **options):
        self.problem, self.options, self.callback = problem, options, callback
        self.steps_done, self.resumed_from = 0, None
        self.history, self.stop_reason = [], "running"
        StandIn.made.append(self)

    def run(self):
        while self.steps_done < 40:
            self.steps_done += 10
            if self.steps_done == StandIn.fail_at:
                raise StandIn.failure
            self.callback(
                nbm.Record(
                    step=self.steps_done - 1,
                    steps=40,
                    loss=1.0 / self.steps_done,
                    groups={"regular": 0.5, "boundary": 0.25},
                    rows={"regular": 30, "boundary": 10},
                    rate=1e-2,
                    cell_size=0.1,
                    seconds=0.1 * self.steps_done,
                    points_per_second=2.5e6,
                )
            )

    def solution(self):
        solution = make_solution()
        solution.stop_reason = "steps"
        solution.info = {**solution.info, "cell_size": "0.1 0.1 0.1"}
        return solution

    def save_checkpoint(self, path):
        Path(path).write_text(str(self.steps_done))

    def load_checkpoint(self, path):
        self.resumed_from = self.steps_done = int(Path(path).read_text())


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
