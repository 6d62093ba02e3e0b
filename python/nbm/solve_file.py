"""Problem files solved into run folders: what ``nbm solve`` does. Every call that solves is in this file."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import nbm
from nbm.arrays import as_points
from nbm.error_norms import error_norms, low_discrepancy_points
from nbm.errors import BackendUnavailable, FileError
from nbm.run import Progress, Run, Summary, line_of_progress, read_json, read_summary
from nbm.toml_problem import TomlProblem, read_problem

__all__ = ["run_of", "solve_file"]

_FIRST_CHECKPOINT_SECONDS = 2.0  # after the start of training
_CHECKPOINT_SECONDS = 60.0  # from one to the next, at most
_CHECKPOINT_SHARE = 0.1  # of the steps from one to the next, at most
_ERROR_POINTS = 2000
_FINISHED = ("completed", "converged", "plateau")


def run_of(path: Path, out: Path | None) -> Run:
    """Return the run folder of a problem file: ``out``, or ``runs/<name of the file>``."""
    return Run(out if out is not None else Path("runs") / path.stem)


def solve_file(
    path: Path,
    *,
    out: Path | None = None,
    device: str | None = None,
    resume: bool = False,
    seed: int | None = None,
    threads: int | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> tuple[Run, Summary]:
    """Solve the problem of a TOML file and leave a run folder.

    A file with options of training trains networks by these; without any, :func:`nbm.solve` decides by itself.

    Args:
        path: The problem file.
        out: The folder; by default ``runs/<name of the file>``.
        device: Instead of the file's.
        resume: Go on from the folder's checkpoint.
        seed: Instead of the file's.
        threads: Instead of the file's.
        report: Called with each record.

    Raises:
        ProblemFileError: the file is not a problem.
        FileError: the folder cannot be used.
        KeyboardInterrupt: as it came, after a checkpoint.
    """
    source = read_problem(path)
    run = run_of(path, out)
    overrides = {"device": device, "seed": seed, "threads": threads}
    given = {name: value for name, value in overrides.items() if value is not None}
    if resume:
        run.check_resumable(source)
        given = {**read_json(run.settings).get("options", {}), **given}
    else:
        run.check_free()
    problem = source.problem()
    settings = {"nbm": nbm.__version__, "source": str(source.path), "options": given}
    solve = _train if source.trains() else _decide
    return run, solve(run, source, problem, resume, settings, report)


def _decide(
    run: Run, source: TomlProblem, problem: nbm.Problem, resume: bool, settings: dict[str, Any], report: Any
) -> Summary:
    """Leave all to :func:`nbm.solve`; it takes seconds, so that resuming is beginning again."""
    with run.locked():
        if resume and run.is_finished():
            return read_summary(run.summary)
        if not resume:
            run.check_free()  # nobody came in between
        run.begin(source, settings)
        solution = nbm.solve(problem, **{**source.options(), **settings["options"]}, progress=True)
        assert solution.report is not None
        made = solution.report
        return _finish(
            run,
            source,
            problem,
            solution,
            stop_reason=made.attempts[made.chosen].what,
            seconds=made.seconds,
            certificate=made.certificate,
            attempts=made.attempts,
            chosen=made.chosen,
        )


def _train(
    run: Run,
    source: TomlProblem,
    problem: nbm.Problem,
    resume: bool,
    settings: dict[str, Any],
    report: Callable[[Progress], None],
) -> Summary:
    recorder = _Recorder(run, problem, report)
    trainer = nbm.Trainer(problem, **{**source.options(), **settings["options"]}, callback=recorder)
    with run.locked():
        if resume:
            trainer.load_checkpoint(run.checkpoint)
            if trainer.stop_reason in _FINISHED and run.is_finished():
                return read_summary(run.summary)
            run.forget_after(trainer.steps_done)
        else:
            run.check_free()  # nobody came in between
            run.begin(source, settings)
        _run(run, trainer, recorder)
        last, solution = recorder.last, trainer.solution()
        return _finish(
            run,
            source,
            problem,
            solution,
            near=last.cell_size if last is not None else None,
            stop_reason=solution.stop_reason,
            seconds=last.seconds if last is not None else 0.0,
            step=trainer.steps_done,
            loss=last.loss if last is not None else None,
        )


def _run(run: Run, trainer: nbm.Trainer, recorder: _Recorder) -> None:
    try:
        with open(run.metrics, "a", encoding="utf-8") as metrics:
            recorder.start(trainer, metrics)
            try:
                trainer.run()
            finally:
                trainer.save_checkpoint(run.checkpoint)
    except FileError:
        raise
    except OSError as error:  # of the metrics
        raise FileError(f"{run.metrics}: cannot be written: {error.strerror}", str(run.metrics)) from error


class _Recorder:
    """The training callback: metrics to the file, progress to the caller, checkpoints on the way."""

    def __init__(self, run: Run, problem: nbm.Problem, report: Callable[[Progress], None]) -> None:
        self.last: Progress | None = None
        self._run = run
        self._report = report
        self._exact: Any = None
        if isinstance(problem, nbm.ManufacturedProblem):
            lower, upper = as_points([problem.box.lower, problem.box.upper])
            self._points = low_discrepancy_points(lower, upper, _ERROR_POINTS)
            self._exact = problem.exact(self._points)

    def start(self, trainer: nbm.Trainer, metrics: TextIO) -> None:
        """Record what this trainer does in this file."""
        self._trainer = trainer
        self._metrics = metrics
        self._due = time.monotonic() + _FIRST_CHECKPOINT_SECONDS
        self._saved_step = trainer.steps_done
        if trainer.history:  # of the parts before
            self.last = self._progress(trainer.history[-1])

    def _progress(self, record: nbm.Record) -> Progress:
        return Progress(**{**asdict(record), "step": record.step + 1}, error=self._error())

    def __call__(self, record: nbm.Record) -> bool:
        progress = self._progress(record)
        self.last = progress
        self._metrics.write(line_of_progress(progress))
        self._metrics.flush()
        self._report(progress)
        share = (progress.step - self._saved_step) / progress.steps
        if time.monotonic() > self._due or share >= _CHECKPOINT_SHARE:
            self._trainer.save_checkpoint(self._run.checkpoint)
            self._due = time.monotonic() + _CHECKPOINT_SECONDS
            self._saved_step = progress.step
        return False

    def _error(self) -> float | None:
        if self._exact is None:
            return None
        return error_norms(self._trainer.solution()(self._points), self._exact, self._points).rmse


def _finish(
    run: Run,
    source: TomlProblem,
    problem: nbm.Problem,
    solution: nbm.Solution,
    *,
    near: float | None = None,
    certificate: nbm.Certificate | None = None,
    **known: Any,
) -> Summary:
    """Write model, VTK file, picture and summary; ``known`` are fields of the summary."""
    solution.info = {**solution.info, "problem": source.text, "problem_digest": problem.digest()}
    solution.save(run.model)
    output = source.sections.output
    files = [run.model]
    if output.vtk:
        solution.to_vtk(run.vtk, shape=output.shape, fields=output.fields)
        files.append(run.vtk)
    if output.picture:
        try:
            solution.plot_slice(run.picture, axis=output.axis, position=output.position)
            files.append(run.picture)
        except BackendUnavailable:
            pass  # the run is complete without; `nbm doctor` says what pictures need
    found = solution.certify(problem) if certificate is None else certificate
    summary = Summary(
        **{"step": 0, "loss": None, **known},
        error=solution.error(problem, near=near) if isinstance(problem, nbm.ManufacturedProblem) else None,
        verdict=found.verdict,
        trusted=found.trusted,
        certificate=found,
        files=tuple(file.name for file in files),
    )
    summary.write(run.summary)
    return summary
