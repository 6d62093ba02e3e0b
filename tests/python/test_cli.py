"""The commands beside ``nbm solve``: show, certify, evaluate, doctor; and the progress bar."""

import csv
import io
import re

import numpy as np
import pytest
from rich.console import Console

import nbm
from cli_helpers import PROBLEM, run
from nbm.progress import ProgressReport
from nbm.run import Progress
from solution_helpers import level_set, make_solution, some_points


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
