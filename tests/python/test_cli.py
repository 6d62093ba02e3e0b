import csv
import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import nbm
from nbm.cli import app
from nbm.progress import ProgressReport
from nbm.run import Progress, Run, read_metrics, read_summary
from nbm.solve_file import solve_file
from nbm.toml_problem import read_problem
from solution_helpers import level_set, make_solution, some_points
from test_vtk_image import read_vti

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


@pytest.fixture
def stand_in(monkeypatch):
    StandIn.made, StandIn.fail_at, StandIn.failure = [], None, None
    monkeypatch.setattr(nbm, "Trainer", StandIn)
    return StandIn


@pytest.fixture
def problem_file(tmp_path):
    file = tmp_path / "box.toml"
    file.write_text(PROBLEM)
    return file


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


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


DECIDED = PROBLEM[: PROBLEM.index("[training]")] + PROBLEM[PROBLEM.index("[output]") :]


def test_a_file_without_training_is_left_to_nbm(problem_file, tmp_path):
    problem_file.write_text(DECIDED)
    out = tmp_path / "runs" / "first"
    result = run("solve", problem_file, "--out", out, "--threads", 1, "--seed", 3)
    assert result.exit_code == 0, result.output
    assert "estimated RMS error" in result.stderr  # what it tries, as it does so
    solution, summary = nbm.load(out / "model.safetensors"), read_summary(out / "summary.json")
    for told in (summary.verdict, "expansion", "what the finer grid changes", "error: L-infinity"):
        assert told in result.stdout
    assert summary.trusted
    assert summary.stop_reason == summary.attempts[summary.chosen].what == solution.info["solved_by"]
    assert summary.certificate.estimated_rmse < 1e-6  # u is x on one side, 1 on the other
    assert summary.error.rmse < 1e-6
    assert solution.info["problem"] == DECIDED
    assert read_vti(out / "solution.vti")[3] == [4, 5, 6]
    shown = run("show", out).stdout
    assert "\n".join(summary.lines()) in shown
    assert "loss" not in shown
    (line,) = run("show", tmp_path / "runs").stdout.splitlines()[1:]
    assert line.startswith("first  expansion")
    assert "trusted: estimated" in line
    report = run("show", out, "--report")
    assert report.exit_code == 0, report.output
    assert "What was tried" in (out / "report.html").read_text()
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    assert run("solve", problem_file, "--out", out).exit_code == 2  # a run is not overwritten
    assert run("solve", problem_file, "--out", out, "--resume").exit_code == 0
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before
    with Run(out).locked():
        assert "another nbm solve is at work" in run("solve", problem_file, "--out", out, "--resume").stderr


@pytest.mark.parametrize(
    ("sections", "trains"),
    [
        ("", False),
        ("[training]\nseed = 3\nthreads = 1\n", False),  # as nbm.solve(problem, seed=3, threads=1)
        ('[optimizer]\nkind = "auto"\n', False),
        ("[training]\ncells = 64\n", True),
        ("[network]\nhidden = [5]\n", True),
        ("[sampling]\nregular = 100\n", True),
    ],
)
def test_any_option_of_training_trains(problem_file, sections, trains):
    problem_file.write_text(DECIDED + sections)
    assert read_problem(problem_file).trains() == trains


def test_ctrl_c_where_nbm_decides_leaves_a_folder_that_can_be_solved_again(problem_file, tmp_path, monkeypatch):
    problem_file.write_text(DECIDED)

    def interrupt(problem, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(nbm, "solve", interrupt)
        result = run("solve", problem_file, "--out", tmp_path / "run")
    assert result.exit_code == 130
    assert "checkpoint" not in result.stderr
    assert "unfinished: nbm solve begins again" in run("show", tmp_path / "run").stdout
    result = run("solve", problem_file, "--out", tmp_path / "run", "--resume")
    assert result.exit_code == 0, result.output
    assert read_summary(tmp_path / "run" / "summary.json").trusted


def test_warnings_are_lines_on_stderr(problem_file, tmp_path):
    problem_file.write_text(REAL.replace("- 0.81", "+ 0.81"))
    result = run("solve", problem_file, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("nbm: warning: level_set")


def test_the_example_is_a_problem():
    source = read_problem(Path(__file__).parents[2] / "examples" / "sphere.toml")
    assert source.problem().exact([[0.0, 0.0, 0.0]]) == 1.0
    assert source.options()["cell_size"] == 2 / 64


def test_show_sums_a_run_up(stand_in, problem_file, tmp_path):
    run("solve", problem_file, "--out", tmp_path / "run")
    result = run("show", tmp_path / "run")
    assert result.exit_code == 0
    assert "loss: weighted sum" in result.stdout
    assert "     40      4.0  2.50e-02    7.07e-01    5.00e-01" in result.stdout
    assert "steps" in result.stdout.splitlines()[-5]  # below the curve
    assert "error: L-infinity" in result.stdout
    assert "model.safetensors" in result.stdout


def test_show_needs_a_run(tmp_path):
    assert run("show", tmp_path).exit_code == 2
    (tmp_path / "settings.json").write_text("[1]")
    (tmp_path / "metrics.jsonl").write_text("")
    assert "damaged" in run("show", tmp_path).stderr


def test_show_lists_runs(stand_in, problem_file, tmp_path):
    run("solve", problem_file, "--out", tmp_path / "runs" / "first")
    stand_in.fail_at, stand_in.failure = 30, KeyboardInterrupt()
    run("solve", problem_file, "--out", tmp_path / "runs" / "second")
    lines = run("show", tmp_path / "runs").stdout.splitlines()
    assert lines[0].split()[:3] == ["run", "state", "steps"]
    assert lines[1].startswith("first   steps")
    assert "not trusted" in lines[1] or "trusted" in lines[1]
    assert lines[2].startswith("second  unfinished")
    assert "20/40" in lines[2]


def test_random_starts_are_marked(stand_in, problem_file, tmp_path):
    text = PROBLEM.replace(
        'kind = "adam"\nsteps = 40', 'kind = "gauss_newton"\nstarts = 2\nstart_steps = 15\nsteps = 25'
    )
    problem_file.write_text(text)
    run("solve", problem_file, "--out", tmp_path / "run")
    rows = [line for line in run("show", tmp_path / "run").stdout.splitlines() if "e-0" in line][:4]
    assert [row.split(maxsplit=6)[-1] for row in rows] == ["1 of 2", "2 of 2", "2 of 2", "the best goes on"]


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


def test_certify_reads_the_problem_from_the_model(problem_file, tmp_path):
    assert run("solve", problem_file, "--out", tmp_path / "run").exit_code == 0
    model = tmp_path / "run" / "model.safetensors"
    result = run("certify", model, "--grid", 32)
    assert result.exit_code == 0, result.output
    assert "estimated error of u" in result.stdout
    assert "trusted" in result.stdout.splitlines()[-1]
    assert run("certify", model, "--problem", problem_file).exit_code == 0
    make_solution().save(tmp_path / "other.safetensors")
    result = run("certify", tmp_path / "other.safetensors")
    assert result.exit_code == 2
    assert "pass --problem" in result.stderr


def test_the_progress_bar_fits_eighty_columns():
    console = Console(width=80, force_terminal=True, file=io.StringIO(), color_system=None)
    progress = Progress(
        step=60,
        steps=20000,
        loss=1.234e-5,
        groups={},
        rows={},
        rate=0.1,
        cell_size=0.1,
        seconds=5.0,
        points_per_second=123.4e6,
        error=1.234e-5,
    )
    with ProgressReport(console) as report:
        report(progress)
    shown = console.file.getvalue()
    assert "loss 1.2e-05  error 1.2e-05  123.4 M points/s" in shown
    assert "60/20000" in shown
    assert all(len(re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", line).strip("\r")) <= 80 for line in shown.splitlines())


@pytest.fixture
def model(tmp_path):
    make_solution().save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("header", ["", "x,y,z\n"])
def test_evaluate_reads_and_writes_csv(model, tmp_path, header):
    points = some_points(5)
    rows = "".join(",".join(repr(value) for value in row) + "\n" for row in points.tolist())
    (tmp_path / "points.csv").write_text(header + rows)
    result = run("evaluate", model, tmp_path / "points.csv")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "x,y,z,u,side"
    table = np.loadtxt(lines[1:], delimiter=",")
    np.testing.assert_array_equal(table[:, :3], points)
    np.testing.assert_array_equal(table[:, 3], make_solution()(points))
    np.testing.assert_array_equal(table[:, 4], level_set(points) >= 0)


def test_evaluate_takes_columns_by_name_and_carries_others(model, tmp_path):
    points = some_points(3)
    rows = [f'{i},{z!r},{y!r},"a, b",{x!r}' for i, (x, y, z) in enumerate(points.tolist())]
    (tmp_path / "points.csv").write_text("\n".join(["id, z, y, label, x", *rows]) + "\n")
    result = run("evaluate", model, tmp_path / "points.csv", "--out", tmp_path / "values.csv")
    assert result.exit_code == 0, result.output
    with open(tmp_path / "values.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["x", "y", "z", "u", "side", "id", "label"]
    assert [float(row["u"]) for row in table] == make_solution()(points).tolist()
    assert [(row["id"], row["label"]) for row in table] == [(str(i), "a, b") for i in range(3)]


@pytest.mark.parametrize(
    "text", ["id,x,y\n1,2,3\n", "x,y,z,x\n1,2,3,4\n", "a,b,c\n1,2,3\n", "1,2,3,4\n", "x,y,z\n1,2\n"]
)
def test_evaluate_refuses_columns_that_it_would_have_to_guess(model, tmp_path, text):
    (tmp_path / "points.csv").write_text(text)
    result = run("evaluate", model, tmp_path / "points.csv")
    assert result.exit_code == 2
    assert result.stderr.startswith("nbm: points: ")


def test_evaluate_says_what_lies_outside(model, tmp_path):
    (tmp_path / "points.csv").write_text("x,y,z\n100,0,0\n")
    result = run("evaluate", model, tmp_path / "points.csv")
    assert result.exit_code == 0
    assert "warning: points: 1 of 1 lie outside of the box" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    result = run("evaluate", model, tmp_path / "points.csv", "--outside", "nan", "--gradient")
    assert result.stdout.splitlines()[1].split(",")[3:4] == ["nan"]
    assert result.stderr == ""
    assert run("evaluate", model, tmp_path / "points.csv", "--outside", "raise").exit_code == 2


def test_evaluate_reads_and_writes_npy(model, tmp_path):
    points = some_points(5)
    np.save(tmp_path / "points.npy", points)
    result = run("evaluate", model, tmp_path / "points.npy", "--gradient", "--out", tmp_path / "values.npy")
    assert result.exit_code == 0, result.output
    table = np.load(tmp_path / "values.npy")
    np.testing.assert_array_equal(table[:, 5:], make_solution().gradient(points))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("points.csv", b"1,2,3\n4,5\n"),
        ("points.csv", b"1,2\n"),
        ("points.csv", b"1,2,x\n1,2,x\n"),
        ("points.csv", b"1,2,nan\n"),
        ("points.csv", b"\xff\xfe\n1,2,3\n"),
        ("points.npy", b"no array"),
        ("points.npy", b"\x80\x04\x95pickle"),
        ("points.txt", b"1,2,3\n"),
    ],
)
def test_evaluate_refuses_other_points(model, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    result = run("evaluate", model, tmp_path / name)
    assert result.exit_code == 2
    assert result.stderr.startswith("nbm: ")
    assert len(result.stderr.splitlines()) == 1


def test_evaluate_says_which_file_is_missing(model, tmp_path):
    assert "absent.npy" in run("evaluate", model, tmp_path / "absent.npy").stderr
    assert "absent.safetensors" in run("evaluate", tmp_path / "absent.safetensors", tmp_path / "absent.npy").stderr
    result = run("evaluate", model, tmp_path / "absent.npy", "--out", tmp_path / "values.txt")
    assert "out:" in result.stderr


def test_doctor_says_what_runs_here():
    result = run("doctor")
    assert result.exit_code == 0
    for word in (nbm.__version__, "vector unit", "cores", "cuda", "mpi", "matplotlib"):
        assert word in result.stdout


def test_version_and_help():
    assert run("--version").stdout == f"nbm {nbm.__version__}\n"
    assert "solve" in run("--help").stdout
    assert run("slove").exit_code == 2
