"""``nbm solve`` of a file without options of training: nbm decides, and the folder says how."""

import pytest

import nbm
from cli_helpers import PROBLEM, run
from nbm.run import Run, read_summary
from nbm.toml_problem import read_problem
from test_vtk_image import read_vti

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
