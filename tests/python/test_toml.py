import dataclasses
import time

import numpy as np
import pytest

import nbm
from nbm.problem_schema import ProblemFile, TrainingSection
from nbm.toml_lines import line_of
from nbm.toml_problem import read_problem
from nbm.training_options import TrainingOptions

STATED = """\
[box]
lower = [-1, -1, -1]
upper = [1.0, 1.0, 2.0]

[problem]
level_set = "x**2 + y**2 + z**2 - 0.25"
jump_u = 0.5

[minus]
mu = "y**2 * log(x + 2) + 4"
f = "sin(x)"

[plus]
mu = 2
boundary = "x + y"

[network]
hidden = [8, 8]
omega = 3.0

[training]
cells = 32
seed = 7
"""


def write(tmp_path, text):
    file = tmp_path / "problem.toml"
    file.write_text(text, encoding="utf-8")
    return file


def error_of(tmp_path, text):
    file = write(tmp_path, text)
    with pytest.raises(nbm.ProblemFileError) as caught:
        read_problem(file)
    assert caught.value.path == str(file)
    assert str(file) in str(caught.value)
    return caught.value


def test_a_stated_problem_is_read(tmp_path):
    sections = read_problem(write(tmp_path, STATED)).sections
    assert sections.box.upper == (1.0, 1.0, 2.0)
    assert sections.minus.mu == "y**2 * log(x + 2) + 4"
    assert sections.plus.mu == 2
    assert sections.plus.k == 0.0
    assert sections.network.hidden == (8, 8)
    assert sections.training.given() == {"cells": 32, "seed": 7}
    assert sections.optimizer.kind == "auto"


@pytest.mark.parametrize(
    ("old", "new", "key", "line", "says"),
    [
        ("omega = 3.0", "omgea = 3.0", "network.omgea", 19, "did you mean omega?"),
        ("omega = 3.0", "colour = 3.0", "network.colour", 19, "expected one of hidden, omega, gamma"),
        ("omega = 3.0", "omega = -3.0", "network.omega", 19, "greater than 0"),
        ("omega = 3.0", 'omega = "3.0"', "network.omega", 19, "valid number"),
        ("omega = 3.0", "omega = nan", "network.omega", 19, "got nan, expected a finite number"),
        ("hidden = [8, 8]", "hidden = []", "network.hidden", 18, "at least 1"),
        ("hidden = [8, 8]", "hidden = [8, true]", "network.hidden", 18, "valid integer"),
        ("[network]", "[netwrok]", "netwrok", 17, "did you mean network?"),
        ("jump_u = 0.5", "jump_u = [1]", "problem.jump_u", 7, "a finite number or an expression"),
        ("jump_u = 0.5", "jump_u = true", "problem.jump_u", 7, "a finite number or an expression"),
        ("jump_u = 0.5", "jump_u = inf", "problem.jump_u", 7, "finite"),
        ('f = "sin(x)"', 'f = "sin(x"', "minus.f", 11, "expression"),
        ('f = "sin(x)"', "f = \"__import__('os').system('true')\"", "minus.f", 11, ""),
        ('f = "sin(x)"', 'f = "x.real"', "minus.f", 11, ""),
        ("lower = [-1, -1, -1]", "lower = [-1, -1]", "box.lower", 2, ""),
        ("cells = 32", "cells = 0", "training.cells", 22, "greater than or equal to 1"),
        ("seed = 7", "cell_size = 0.1", "training", 21, "one of them"),
        ("seed = 7", "seed = -1", "training.seed", 23, "greater than or equal to 0"),
        ("seed = 7", "value_scale = -1", "training.value_scale", 23, 'got -1, expected "auto" or a positive number'),
        (
            "seed = 7",
            'value_shift = [1, "a"]',
            "training.value_shift",
            23,
            'expected "auto", a number, or [minus, plus]',
        ),
    ],
)
def test_errors_name_key_and_line(tmp_path, old, new, key, line, says):
    assert STATED.count(old) == 1
    error = error_of(tmp_path, STATED.replace(old, new))
    assert (error.key, error.line) == (key, line)
    assert says in str(error)
    assert f"problem.toml:{line}: {key}: " in str(error)


@pytest.mark.parametrize(
    ("old", "key"),
    [
        ("cells = 32", "training.cells"),
        ("seed = 7", "training.seed"),
        ("jump_u = 0.5", "problem.jump_u"),
        ("mu = 2", "plus.mu"),
        ("omega = 3.0", "network.omega"),
    ],
)
def test_integers_beyond_double_precision_are_errors(tmp_path, old, key):
    name = old.split()[0]
    error = error_of(tmp_path, STATED.replace(old, f"{name} = 1{'0' * 400}"))
    assert error.key == key


def test_every_error_has_its_line(tmp_path):
    error = error_of(tmp_path, STATED.replace("omega = 3.0", "omgea = 3.0").replace("cells = 32", "cels = 32"))
    assert len(str(error).splitlines()) == 2
    assert ":19: network.omgea" in str(error)
    assert ":22: training.cels" in str(error)


def test_every_option_of_training_has_its_key():
    """Those of one process alone have none: files are not solved on many ranks, and hold no Python."""
    of_python = {"callback", "comm", "check_every", "overlap", "progress", "start"}
    sections = {"network", "optimizer", "sampling", "plateau", "observations"}
    options = {field.name for field in dataclasses.fields(TrainingOptions)} - of_python
    assert sections <= set(ProblemFile.model_fields)
    assert set(TrainingSection.model_fields) - {"levels", "order"} == options - sections - {"resolution"}


def test_values_of_options_reach_training(tmp_path):
    text = STATED.replace(
        "seed = 7",
        'networks = "pieces"\ndiscretization = "auto"\nvalue_scale = "auto"\nvalue_shift = [1, 2.5]\nseconds = 3',
    )
    source = read_problem(write(tmp_path, text))
    options = TrainingOptions(**source.options())
    assert (options.discretization, options.value_scale, options.value_shift) == ("auto", "auto", [1, 2.5])
    assert (options.seconds, options.networks) == (3, "pieces")
    assert options.native(source.problem()).value_shift == [1.0, 2.5]


def test_options_of_an_optimizer_are_those_of_its_kind(tmp_path):
    text = STATED + '\n[optimizer]\nkind = "adam"\nsteps = 10\nlearning_rate = 0.01\n'
    assert read_problem(write(tmp_path, text)).sections.optimizer.given() == {
        "kind": "adam",
        "steps": 10,
        "learning_rate": 0.01,
    }
    error = error_of(tmp_path, text.replace("learning_rate", "damping"))
    assert (error.key, error.line) == ("optimizer.damping", 28)
    error = error_of(tmp_path, text.replace('"adam"', '"sgd"'))
    assert error.key == "optimizer"
    assert "gauss_newton" in str(error)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no problem is stated"),
        (STATED + '[manufactured]\nu_minus = "x"\nu_plus = "y"\nlevel_set = "x"\n', "not both"),
        ('[manufactured]\nu_minus = "x"\nlevel_set = "x"\n', "manufactured.u_plus: this key is missing"),
    ],
)
def test_a_problem_is_stated_once(tmp_path, text, says):
    assert says in str(error_of(tmp_path, text))


def test_broken_toml_names_the_line(tmp_path):
    assert error_of(tmp_path, STATED.replace("seed = 7", "seed 7")).line == 23


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (1 << 20) + b"#"])
def test_other_files_are_refused(tmp_path, content):
    file = tmp_path / "problem.toml"
    file.write_bytes(content)
    with pytest.raises(nbm.FileError):
        read_problem(file)


def test_a_missing_file_is_a_file_error(tmp_path):
    with pytest.raises(nbm.FileError):
        read_problem(tmp_path / "absent.toml")


def test_lines_of_keys():
    text = '# c\n[a]\nb = 1\n"c d".e = 2\nm = """\nb = 3\nz = 1\n"""\n[a.f]\ng = {h = 1}\n[[list]]\nk = 1 # x = 2\n'
    assert line_of(text, ("a",)) == 2
    assert line_of(text, ("a", "b")) == 3
    assert line_of(text, ("a", "c d", "e")) == 4
    assert line_of(text, ("a", "z")) == 2
    assert line_of(text, ("a", "f", "g", "h")) == 10
    assert line_of(text, ("list", "k")) == 12
    assert line_of(text, ("nothing",)) is None


def test_lines_are_found_in_linear_time():
    for text in ("[" + " " * 200_000, "a" * 200_000, "a." * 100_000, "[" * 200_000, "a" + " " * 200_000 + "."):
        started = time.process_time()
        line_of(text + "\nb = 1\n", ("b",))
        assert time.process_time() - started < 2


def test_problem_files_full_of_blanks_are_refused_at_once(tmp_path):
    started = time.process_time()
    assert "not valid TOML" in str(error_of(tmp_path, "[" + " " * 100_000))
    assert time.process_time() - started < 2


PARAMETERS = """
[parameters]
R = 0.5
mu_in = 3
[problem]
level_set = "x**2 + y**2 + z**2 - R**2"
[minus]
mu = "mu_in + R * x**2"
"""


def test_parameters_are_used_in_expressions(tmp_path):
    problem = nbm.problem_from_toml(write(tmp_path, PARAMETERS))
    points = np.array([[0.5, 0.0, 0.0], [0.25, 0.5, 0.0]])
    np.testing.assert_allclose(problem.native.level_set.evaluate(points), [0.0, 0.0625], atol=1e-16)
    np.testing.assert_array_equal(problem.native.minus.mu.evaluate(points), 3 + 0.5 * points[:, 0] ** 2)
    assert "unknown name 'S'" in str(error_of(tmp_path, PARAMETERS.replace("R * x", "S * x")))
    assert "R" in str(error_of(tmp_path, PARAMETERS.replace("R * x", "S * x")))
    for name in ("x", "sin", "E", '"a b"', "lambda"):
        error = error_of(tmp_path, PARAMETERS.replace("mu_in = 3", f"{name} = 3"))
        assert "no free name" in str(error)
    assert error_of(tmp_path, PARAMETERS.replace("mu_in = 3", 'mu_in = "3"')).key == "parameters.mu_in"


def test_fields_come_from_arrays(tmp_path):
    axis = np.linspace(-1, 1, 9)
    phi = axis[:, None, None] ** 2 + axis[None, :, None] ** 2 + axis[None, None, :] ** 2 - 0.25
    np.save(tmp_path / "phi.npy", phi)
    problem = nbm.problem_from_toml(write(tmp_path, '[problem]\nlevel_set = "phi.npy"\n[minus]\nmu = 2\n'))
    at = np.array([[axis[2], axis[3], axis[4]]])
    assert problem.native.level_set.evaluate(at)[0] == phi[2, 3, 4]
    file = write(tmp_path, '[problem]\nlevel_set = "psi.npy"\n')
    with pytest.raises(nbm.ProblemFileError, match=r"psi\.npy: cannot be read") as caught:
        nbm.problem_from_toml(file)
    assert (caught.value.key, caught.value.line) == ("problem.level_set", 2)


def test_hints(tmp_path):
    assert "powers are written **" in str(error_of(tmp_path, '[problem]\nlevel_set = "x^2 - 1"\n'))
    error = error_of(tmp_path, "[problem]\nlevel_set = x**2 - 1\n")
    assert 'expressions are written in quotes: level_set = "x**2 - 1"' in str(error)
    error = error_of(tmp_path, PARAMETERS + '[optimizer]\nkind = "lbfgs"\n')
    assert 'got \'lbfgs\', expected "auto", "adam" or "gauss_newton"' in str(error)
