"""The command ``nbm``: solve a problem file, evaluate a model, look at a run, examine the installation.

Exit codes: 0 done; 1 the run failed; 2 a wrong command line, problem file or other input; 130 interrupted, 143 and 129
by SIGTERM and SIGHUP.
"""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from typer.core import TyperGroup

import nbm
from nbm.cli_geometry import geometry_app
from nbm.cli_pictures import picture
from nbm.doctor import examine
from nbm.errors import FileError, InvalidArgument, InvalidField, NbmError, NbmWarning
from nbm.point_files import read_points, to_csv, write_table
from nbm.progress import ProgressReport
from nbm.run import Run, read_json, read_metrics, read_summary
from nbm.run_report import curve_lines, is_run, list_lines, loss_lines
from nbm.solve_file import run_of, solve_file
from nbm.toml_problem import parse_problem, read_problem

__all__ = ["app", "main"]

_FAILED, _BAD_INPUT, _INTERRUPTED = 1, 2, 130


class _Stopped(KeyboardInterrupt):
    """SIGTERM or SIGHUP, which batch systems and closed terminals send: as Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


@contextmanager
def _signals_stop() -> Iterator[None]:
    def stop(number: int, _: Any) -> None:
        signal.signal(number, signal.SIG_IGN)  # one is enough: the checkpoint is being written
        raise _Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Group(TyperGroup):
    """Commands whose errors are one sentence on stderr, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NbmError as error:
            typer.echo(f"nbm: {error}", err=True)
            ctx.exit(_BAD_INPUT if isinstance(error, (FileError, InvalidArgument, InvalidField)) else _FAILED)
        except KeyboardInterrupt as error:
            typer.echo("nbm: interrupted", err=True)
            ctx.exit(128 + error.signal if isinstance(error, _Stopped) else _INTERRUPTED)


app = typer.Typer(cls=_Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(geometry_app, name="geometry")
app.command()(picture)


@contextmanager
def _warnings_on_stderr() -> Iterator[None]:
    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        typer.echo(f"nbm: warning: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("default", NbmWarning)
        warnings.showwarning = show
        yield


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nbm {nbm.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Solve elliptic PDEs with jumps across irregular interfaces in 3-D by small sine networks."""


@app.command()
def solve(
    file: Annotated[Path, typer.Argument(help="The problem, a TOML file.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Run folder.", show_default="runs/<name of FILE>")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:1.", show_default="the file's")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the random numbers.", show_default="the file's")] = None,
    threads: Annotated[int | None, typer.Option(min=0, help="0: all cores.", show_default="the file's")] = None,
) -> None:
    """Solve the problem of FILE and leave model, summary, picture and VTK file in a run folder.

    A file with options of training trains networks by these; for any other nbm decides by itself.
    """
    console = Console()
    report = ProgressReport(console)
    try:
        with report, _warnings_on_stderr(), _signals_stop():
            run, summary = solve_file(
                file, out=out, device=device, resume=resume, seed=seed, threads=threads, report=report
            )
    except KeyboardInterrupt:
        if run_of(file, out).checkpoint.exists():
            typer.echo("A checkpoint was kept; the same command with --resume goes on from it.", err=True)
        raise
    typer.echo("\n".join(summary.lines()))
    typer.echo(f"{run.folder}: {', '.join(summary.files)}")


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="A model file.", show_default=False)],
    points: Annotated[Path, typer.Argument(help=".npy (n, 3), or .csv with columns x, y, z.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="A .npy or .csv file.", show_default="CSV on stdout")] = None,
    gradient: Annotated[bool, typer.Option("--gradient", help="Also the gradient of u.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")] = "cpu",
    outside: Annotated[str, typer.Option(help="Points outside of the box: warn, raise, nan or extrapolate.")] = "warn",
) -> None:
    """Evaluate MODEL at POINTS: columns x, y, z, u, side (0 minus, 1 plus) and, if asked for, u_x, u_y, u_z.

    Other columns of a .csv file are carried through to a .csv file.
    """
    if out is not None and out.suffix not in (".npy", ".csv"):
        raise InvalidArgument(f"out: got {out.name}, expected a .npy or .csv file", "out")
    solution = nbm.load(model).to(device)
    given = read_points(points)
    at = given.points
    choice: Any = outside
    columns = ["x", "y", "z", "u", "side"]
    with _warnings_on_stderr():
        parts = [at, solution(at, outside=choice)[:, None], solution.side(at)[:, None].astype(np.float64)]
    if gradient:
        columns += ["u_x", "u_y", "u_z"]
        parts.append(solution.gradient(at, outside="nan" if outside == "nan" else "extrapolate"))
    table = np.concatenate(parts, axis=1)
    if out is None:
        typer.echo(to_csv(columns, table, given.others), nl=False)
    else:
        write_table(out, columns, table, given.others)
        typer.echo(f"{out}: {len(at)} points")


@app.command()
def show(
    folder: Annotated[Path, typer.Argument(help="A run folder, or one of runs.", show_default=False)],
    report: Annotated[bool, typer.Option("--report", help="Also write report.html, with pictures.")] = False,
) -> None:
    """Show what a run did: its settings, how the loss fell, its errors and files; of a folder of runs, a list."""
    if not is_run(folder) and list(folder.glob("*/settings.json")):
        typer.echo("\n".join(list_lines(folder)))
        return
    run = Run(folder)
    settings = read_json(run.settings)
    typer.echo(f"{folder}: {settings.get('source')} with nbm {settings.get('nbm')}, options {settings.get('options')}")
    records = read_metrics(run.metrics)
    if records:
        typer.echo("\n".join([*loss_lines(run), *curve_lines(records)]))
    if not run.summary.exists():
        resume = "--resume goes on" if run.checkpoint.exists() else "begins again"
        typer.echo(f"unfinished: nbm solve {resume}")
        return
    summary = read_summary(run.summary)
    typer.echo("\n".join(summary.lines()))
    typer.echo(f"files: {', '.join(summary.files)}")
    if report:
        from nbm.viz.report import write_report

        typer.echo(f"report: {write_report(folder)}")


@app.command()
def certify(
    model: Annotated[Path, typer.Argument(help="A model file.", show_default=False)],
    grid: Annotated[int | None, typer.Option(min=32, max=512, help="Cells of the finer of its two grids.")] = None,
    problem: Annotated[Path | None, typer.Option(help="A problem file.", show_default="the model's own")] = None,
) -> None:
    """Tell whether the solution in MODEL can be trusted: residuals at unseen points and an estimate of its error."""
    solution = nbm.load(model)
    if problem is not None:
        source = read_problem(problem)
    elif "problem" in solution.info:
        source = parse_problem(solution.info["problem"], model)
    else:
        raise InvalidArgument(f"problem: {model} does not hold its problem; pass --problem FILE", "problem")
    typer.echo(str(solution.certify(source.problem(), cells=grid)))


@app.command()
def doctor() -> None:
    """Say what this installation contains and what runs on this machine; lines with a dash are what is missing."""
    for finding in examine():
        mark = " " if finding.ok else "-"
        typer.echo(f"{mark} {finding.name:<12} {finding.value}")


def main() -> None:
    """Run the command line."""
    app(prog_name="nbm")


if __name__ == "__main__":
    main()
