"""``nbm solve``: what it leaves in a run folder, how runs end and go on."""

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nbm
from cli_helpers import PROBLEM, run
from nbm.certificate import failed_estimate, make_certificate
from nbm.run import Run, Summary, read_metrics, read_summary
from nbm.solve_file import solve_file
from nbm.solve_report import Attempt
from nbm.toml_problem import read_problem
from solution_helpers import make_level_set, make_solution
from test_vtk_image import read_vti


def test_solve_leaves_a_complete_run_folder(stand_in, problem_file, tmp_path):
    out = tmp_path / "runs" / "first"
    result = run("solve", problem_file, "--out", out, "--seed", 9, "--device", "cpu", "--threads", 1)
    assert result.exit_code == 0, result.output
    options = stand_in.made[0].options
    assert options["cell_size"] == pytest.approx(3 / 16)
    assert (options["seed"], options["device"], options["threads"]) == (9, "cpu", 1)
    assert options["optimizer"] == nbm.Adam(steps=40)
    assert (out / "problem.toml").read_text() == PROBLEM
    assert json.loads((out / "settings.json").read_text())["options"] == {"device": "cpu", "seed": 9, "threads": 1}
    metrics = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in metrics] == [10, 20, 30, 40]
    assert metrics[0]["groups"] == {"regular": 0.5, "boundary": 0.25}
    solution = nbm.load(out / "model.safetensors")
    assert solution.info["problem"] == PROBLEM
    assert read_vti(out / "solution.vti")[3] == [4, 5, 6]
    summary = json.loads((out / "summary.json").read_text())
    assert summary["stop_reason"] == "steps"
    assert summary["verdict"].startswith("not trusted")  # nothing was trained
    assert f"certificate: {summary['verdict']}" in result.output
    # The metric is the RMSE to the exact solution, and the summary's over more points is close to it.
    assert metrics[-1]["error"] == pytest.approx(summary["error"]["rmse"], rel=0.1)
    assert not list(out.glob("*tmp*"))


def test_piped_output_is_plain_lines(stand_in, problem_file, tmp_path):
    result = run("solve", problem_file, "--out", tmp_path / "run")
    assert "step 40/40  loss 2.5e-02  error " in result.stdout
    assert "2.5 M points/s" in result.stdout
    assert "\x1b" not in result.stdout
    assert "error: L-infinity " in result.stdout
    assert "model.safetensors" in result.stdout


def test_a_run_is_not_overwritten(stand_in, problem_file, tmp_path):
    assert run("solve", problem_file, "--out", tmp_path / "run").exit_code == 0
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    result = run("solve", problem_file, "--out", tmp_path / "run", "--seed", 1)
    assert result.exit_code == 2
    assert "--resume" in result.stderr
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_an_interrupted_run_goes_on(stand_in, problem_file, tmp_path):
    out = tmp_path / "run"
    stand_in.fail_at, stand_in.failure = 30, KeyboardInterrupt()
    result = run("solve", problem_file, "--out", out, "--seed", 3)
    assert result.exit_code == 130
    assert "--resume" in result.stderr
    assert not (out / "model.safetensors").exists()
    assert "unfinished" in run("show", out).stdout
    stand_in.fail_at = None
    result = run("solve", problem_file, "--out", out, "--resume")
    assert result.exit_code == 0, result.output
    assert stand_in.made[1].resumed_from == 30
    assert stand_in.made[1].options["seed"] == 3  # what the first command line said still holds
    steps = [json.loads(line)["step"] for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert steps == [10, 20, 40]


def test_resume_needs_the_same_problem_and_a_checkpoint(stand_in, problem_file, tmp_path):
    result = run("solve", problem_file, "--out", tmp_path / "run", "--resume")
    assert result.exit_code == 2
    assert "no checkpoint" in result.stderr
    assert run("solve", problem_file, "--out", tmp_path / "run").exit_code == 0
    problem_file.write_text(PROBLEM + "# other\n")
    result = run("solve", problem_file, "--out", tmp_path / "run", "--resume")
    assert result.exit_code == 2
    assert "another problem file" in result.stderr


def test_a_failed_run_keeps_a_checkpoint_and_says_why(stand_in, problem_file, tmp_path):
    stand_in.fail_at = 20
    stand_in.failure = nbm.NonFiniteLoss("the loss is nan at step 20 in regular rows", 20, "regular")
    result = run("solve", problem_file, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert result.stderr == "nbm: the loss is nan at step 20 in regular rows\n"
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()


def test_a_wrong_problem_file_is_one_line_on_stderr(stand_in, problem_file, tmp_path):
    problem_file.write_text(PROBLEM.replace("cells", "cels"))
    result = run("solve", problem_file, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert result.stderr == f"nbm: {problem_file}:9: training.cels: unknown key, did you mean cells?\n"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("upper = [1, 3, 0.25]", "upper = [1, -3, 0.25]", ":1: box: "),
        ('u_plus = "1"', 'u_plus = "1"\nmu_plus = "x"', ":7: manufactured.mu_plus: "),
    ],
)
def test_contradictions_in_a_problem_name_their_line(stand_in, problem_file, tmp_path, old, new, place):
    problem_file.write_text(PROBLEM.replace(old, new))
    result = run("solve", problem_file, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert place in result.stderr


SMALL_DRAW = "steps = 30\nlearning_rate = 0.01\n[sampling]\nregular = 200\nirregular = 50\nboundary = 50"


REAL = PROBLEM.replace("steps = 40", SMALL_DRAW)


def test_a_real_run_resumes_with_the_same_bits(problem_file, tmp_path):
    problem_file.write_text(REAL)
    whole, _ = solve_file(problem_file, out=tmp_path / "whole")

    def interrupt(progress):
        if progress.step == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_file(problem_file, out=tmp_path / "parts", report=interrupt)
    parts, summary = solve_file(problem_file, out=tmp_path / "parts", resume=True)
    assert (summary.stop_reason, summary.step) == ("completed", 30)
    np.testing.assert_array_equal(nbm.load(parts.model).parameters, nbm.load(whole.model).parameters)
    assert nbm.load(parts.model).info["problem_digest"] == nbm.load(whole.model).info["problem_digest"]
    steps = [record.step for record in read_metrics(parts.metrics)]
    assert steps[-1] == 30
    assert steps == sorted(steps)


def test_a_real_run_from_the_command_line(problem_file, tmp_path):
    problem_file.write_text(REAL)
    result = run("solve", problem_file, "--out", tmp_path / "run", "--threads", 1)
    assert result.exit_code == 0, result.output
    assert "completed after 30 steps" in result.stdout
    result = run("solve", problem_file, "--out", tmp_path / "other", "--device", "cuda:99")
    assert result.exit_code == 1
    assert result.stderr.startswith("nbm: ")
    assert not (tmp_path / "other").exists()


def test_warnings_are_lines_on_stderr(problem_file, tmp_path):
    problem_file.write_text(REAL.replace("- 0.81", "+ 0.81"))
    result = run("solve", problem_file, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("nbm: warning: level_set")


def test_the_example_is_a_problem():
    source = read_problem(Path(__file__).parents[2] / "examples" / "sphere.toml")
    assert source.problem().exact([[0.0, 0.0, 0.0]]) == 1.0
    assert source.options()["cell_size"] == 2 / 64


def test_two_runs_in_one_folder(problem_file, tmp_path):
    with Run(tmp_path / "run").locked():
        result = run("solve", problem_file, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "another nbm solve is at work" in result.stderr
    assert run("solve", problem_file, "--out", tmp_path / "run").exit_code == 0


def test_resuming_a_finished_run_changes_nothing(problem_file, tmp_path):
    out = tmp_path / "run"
    assert run("solve", problem_file, "--out", out).exit_code == 0
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.name != "lock"}
    result = run("solve", problem_file, "--out", out, "--resume")
    assert result.exit_code == 0, result.output
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.name != "lock"} == before


def test_seconds_of_all_parts_are_added(problem_file, tmp_path):
    parts = []

    def stop(progress):
        parts.append(progress.seconds)
        time.sleep(0.02)
        if progress.step == 20 and len(parts) < 25:
            raise KeyboardInterrupt

    problem_file.write_text(PROBLEM.replace("seed = 5", "seed = 5\nrecord_every = 1"))
    with pytest.raises(KeyboardInterrupt):
        solve_file(problem_file, out=tmp_path / "run", report=stop)
    _, summary = solve_file(problem_file, out=tmp_path / "run", resume=True, report=stop)
    records = read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert [record.step for record in records] == list(range(1, 41))
    assert summary.seconds == records[-1].seconds >= 39 * 0.02
    seconds = [record.seconds for record in records]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_signals_leave_a_checkpoint(problem_file, tmp_path, name):
    text = PROBLEM.replace("steps = 40", "steps = 100000000").replace("seed = 5", "seed = 5\nrecord_every = 100000")
    problem_file.write_text(text)
    out = tmp_path / "run"
    program = [sys.executable, "-m", "nbm", "solve", str(problem_file), "--out", str(out)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (out / "problem.toml").exists() and process.poll() is None:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.Signals[name])
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == {"SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130}[name], stderr
    assert "--resume" in stderr
    assert "Traceback" not in stderr
    trainer = nbm.Trainer(read_problem(problem_file).problem(), **read_problem(problem_file).options())
    trainer.load_checkpoint(out / "checkpoint.safetensors")
    assert trainer.steps_done > 0


def test_checkpoints_come_early_and_often(problem_file, tmp_path, monkeypatch):
    saved = []
    save = nbm.Trainer.save_checkpoint
    monkeypatch.setattr(
        nbm.Trainer, "save_checkpoint", lambda self, path: (saved.append(self.steps_done), save(self, path))
    )
    problem_file.write_text(PROBLEM.replace("seed = 5", "seed = 5\nrecord_every = 1"))
    solve_file(problem_file, out=tmp_path / "run")
    assert saved == [*range(4, 41, 4), 40]


def test_json_of_runs_has_nothing_but_json(tmp_path):
    """Where an estimate failed its numbers are infinite or none: null in the file, nan when it is read."""
    solution = make_solution()
    problem = nbm.Problem(solution.box, make_level_set())
    certificate = make_certificate(solution, problem, failed_estimate(), 500, reasons=("no estimate",))
    summary = Summary(
        stop_reason="completed",
        seconds=1.0,
        step=1,
        loss=0.5,
        error=nbm.ErrorNorms(linf=1.0, rmse=0.5, relative_linf=math.nan, points=3),
        verdict=certificate.verdict,
        trusted=False,
        certificate=certificate,
        attempts=(Attempt(what="expansion", estimated_rmse=math.inf, seconds=1.0),),
        files=("model.safetensors",),
    )
    summary.write(tmp_path / "summary.json")

    def refuse(constant):
        raise AssertionError(constant)

    json.loads((tmp_path / "summary.json").read_text(), parse_constant=refuse)
    again = read_summary(tmp_path / "summary.json")
    assert repr(again).replace("loss=None", "loss=inf") == repr(summary).replace("=inf", "=nan").replace(
        "loss=nan", "loss=inf"
    )
    assert again.lines()[-1] == summary.lines()[-1]
