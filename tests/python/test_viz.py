"""Pictures, files and reports of solutions."""

import json
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from typer.testing import CliRunner

import nbm
from nbm import viz
from nbm.cli import app
from nbm.run import Summary
from nbm.viz.maps import equation_residual
from nbm.viz.planes import telling_plane
from nbm.viz.report_chart import chart
from nbm.viz.volume import _telling_colour
from solution_helpers import LOWER, RADIUS_SQUARED, UPPER, make_solution, some_points

PROBLEM = f"""\
[box]
lower = {LOWER.tolist()}
upper = {UPPER.tolist()}
[manufactured]
u_minus = "x"
u_plus = "1 + y**2"
mu_minus = 3
level_set = "x**2 + y**2 + z**2 - {RADIUS_SQUARED}"
[network]
hidden = [6, 5]
"""


def problem():
    x, y, z = nbm.symbols.x, nbm.symbols.y, nbm.symbols.z
    level_set = x**2 + y**2 + z**2 - RADIUS_SQUARED
    box = nbm.Box(tuple(LOWER), tuple(UPPER))
    return nbm.manufactured(u_minus=x, u_plus=1 + y**2, mu_minus=3, level_set=level_set, box=box)


def test_the_surface_lies_on_the_interface_with_its_fields():
    solution = make_solution()
    surface = solution.surface(problem=problem(), cells=24)
    radius = RADIUS_SQUARED**0.5
    distance = np.linalg.norm(surface.vertices, axis=1)
    # On a wall of the box a vertex stays on the wall, where a cell's edge of 1/8 cuts a chord.
    inside = np.all((surface.vertices > LOWER) & (surface.vertices < UPPER), axis=1)
    assert distance[inside] == pytest.approx(radius, abs=1e-6)
    assert distance == pytest.approx(radius, abs=1 / 8**2 / 8 / radius)
    fields = surface.fields
    assert fields["normal"] == pytest.approx(surface.vertices / distance[:, None], abs=1e-5)
    assert fields["curvature"] == pytest.approx(2 / radius, rel=0.02)
    at = surface.vertices
    assert fields["jump_u"] == pytest.approx(solution.plus(at) - solution.minus(at))
    slope = np.sum(solution.gradient_minus(at) * at / distance[:, None], axis=1)
    assert fields["flux_minus"] == pytest.approx(3 * slope, abs=1e-4)
    given = 1 + at[:, 1] ** 2 - at[:, 0]
    assert fields["jump_u_error"] == pytest.approx(fields["jump_u"] - given, abs=1e-6)
    # The part of the sphere with y > 0 and z between -0.5 and 0.25: half of a zone, 2 pi r h / 2.
    assert surface.area == pytest.approx(np.pi * radius * 0.75, rel=0.01)
    assert surface.integral("curvature") == pytest.approx(2 / radius * surface.area, rel=0.02)
    with pytest.raises(nbm.InvalidArgument, match="expected a scalar"):
        surface.integral("normal")


def test_the_residual_of_the_equation_is_that_of_the_networks():
    solution, points = make_solution(), some_points(50)
    found = equation_residual(solution, problem(), points)
    # By differences of the gradient: -mu lap(u) - f over mu pi^2 sum 1/L^2, with f = 0 inside and -2 outside.
    step = 1e-4
    shifted = [(solution.gradient_minus, solution.gradient_plus)[k] for k in (0, 1)]
    laplacian = [
        sum((g(points + step * e)[:, a] - g(points - step * e)[:, a]) / (2 * step) for a, e in enumerate(np.eye(3)))
        for g in shifted
    ]
    minus = solution.level_set(points) < 0
    per_mu = np.where(minus, -laplacian[0], -laplacian[1] + 2)
    bound = np.pi**2 * sum(1 / edge**2 for edge in problem().box.edge)
    assert found == pytest.approx(per_mu / bound, abs=1e-3 * np.abs(per_mu / bound).max())


def test_polygons_and_series_are_read_by_vtk(tmp_path):
    pyvista = pytest.importorskip("pyvista")
    surface = make_solution().surface(cells=12)
    series = viz.Series(tmp_path / "steps.pvd")
    for time in (0.0, 0.5):
        surface.save(series.next_file("vtp"))
        series.add(time, series.next_file("vtp"))
    read = pyvista.read(tmp_path / "steps-0001.vtp")
    assert read.n_cells == len(surface.faces)
    assert np.asarray(read["curvature"]) == pytest.approx(surface.fields["curvature"])
    assert np.asarray(read.points) == pytest.approx(surface.vertices, abs=1e-6)
    reader = pyvista.get_reader(str(tmp_path / "steps.pvd"))
    assert list(reader.time_values) == [0.0, 0.5]
    assert viz.Series(tmp_path / "steps.pvd").entries == series.entries
    with pytest.raises(nbm.InvalidArgument, match="does not exist"):
        series.add(1.0, tmp_path / "none.vtp")
    (tmp_path / "other.pvd").write_text("hello")
    with pytest.raises(nbm.FileError, match=r"no \.pvd file"):
        viz.Series(tmp_path / "other.pvd")


def test_image_data_with_fields_of_the_problem(tmp_path):
    pyvista = pytest.importorskip("pyvista")
    solution = make_solution()
    fields = ("u", "u_minus", "u_plus", "gradient", "residual", "error", "estimate")
    solution.to_vtk(tmp_path / "u.vti", shape=(5, 6, 4), fields=fields, problem=problem())
    read = pyvista.read(tmp_path / "u.vti")
    points = np.asarray(read.points)
    assert np.asarray(read["error"]) == pytest.approx(solution(points) - problem().exact(points), abs=1e-6)
    assert np.asarray(read["u_plus"]) == pytest.approx(solution.plus(points), abs=1e-6)
    # Off the interface the classical solution of this quadratic is exact, so that the estimate is the error.
    off = np.abs(np.linalg.norm(points, axis=1) - RADIUS_SQUARED**0.5) > 0.15
    difference = (np.asarray(read["estimate"]) - np.asarray(read["error"]))[off]
    assert np.sqrt(np.mean(difference**2)) < 0.05 * np.abs(read["error"]).max()
    for bad, name in ((("residual",), "problem"), (("nothing",), "fields")):
        with pytest.raises(nbm.InvalidArgument) as caught:
            solution.to_vtk(tmp_path / "v.vti", fields=bad)
        assert caught.value.name == name


@pytest.fixture
def run(tmp_path):
    """A run folder as nbm solve leaves it, without the training."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "problem.toml").write_text(PROBLEM)
    settings = {"nbm": nbm.__version__, "source": "ball.toml", "options": {"seed": 7}}
    (folder / "settings.json").write_text(json.dumps(settings))
    record = {"step": 10, "steps": 20, "loss": 0.5, "groups": {"regular": 0.25}, "rows": {"regular": 9}, "rate": 0.1}
    record |= {"cell_size": 0.1, "seconds": 1.0, "points_per_second": 1e5, "error": 0.2}
    lines = [json.dumps(record), json.dumps(record | {"step": 20, "loss": 0.01, "error": None})]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    solution = make_solution()
    certificate = solution.certify(problem())
    verdict = {"verdict": certificate.verdict, "trusted": certificate.trusted, "certificate": certificate}
    ended = {"stop_reason": "completed", "seconds": 2.0, "step": 20, "loss": 0.01, "error": None, "files": ()}
    Summary(**ended, **verdict).write(folder / "summary.json")
    solution.info = {"cell_size": "0.1 0.1 0.1"}
    solution.save(folder / "model.safetensors")
    return folder


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.images, self.links, self.ids = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        if tag == "img":
            self.images.append(found)
        if "href" in found:
            self.links.append(found["href"])
        if "id" in found:
            self.ids.append(found["id"])
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)  # of SVG: closed at once

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_show_makes_a_page_that_stands_alone(run):
    pytest.importorskip("pyvista")
    shown = CliRunner().invoke(app, ["show", str(run), "--report"])
    assert shown.exit_code == 0, shown.output
    text = (run / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.images) == 2
    assert all(image["alt"] and image["src"].startswith("data:image/png;base64,") for image in page.images)
    assert "://" not in text  # which no picture in base64 can hold by chance
    assert "<script" not in text
    for word in ("prefers-color-scheme: dark", 'lang="en"', "viewport", "not trusted", "--seed 7", "[6, 5]", "u⁺ − u⁻"):
        assert word.strip("[]") in text
    assert "given on the command line" in text


def test_the_report_tells_what_was_tried(run):
    pytest.importorskip("pyvista")
    (run / "problem.toml").write_text(PROBLEM.replace("[network]\nhidden = [6, 5]\n", ""))
    (run / "metrics.jsonl").write_text("")
    summary = json.loads((run / "summary.json").read_text())
    tried = [{"what": what, "estimated_rmse": 0.5, "seconds": 1.0} for what in ("expansion", "grid of 64 cells")]
    (run / "summary.json").write_text(json.dumps(summary | {"attempts": tried, "chosen": 1}))
    shown = CliRunner().invoke(app, ["show", str(run), "--report"])
    assert shown.exit_code == 0, shown.output
    text = (run / "report.html").read_text(encoding="utf-8")
    share = f"{0.5 / summary['certificate']['range']:.1e}"
    rows = [(what, share, mark) for what, mark in (("expansion", "–"), ("grid of 64 cells", "✓"))]
    for what, share, mark in rows:
        cells = f'<th scope="row">{what}</th><td class="number">{share}</td><td class="number">1.0</td><td>{mark}</td>'
        assert cells in text
    assert "Curves of training" not in text
    assert not (run / "pictures" / "history.png").exists()


def test_pictures_choose_what_differs():
    surface = make_solution().surface(cells=16)
    assert _telling_colour(surface) == "jump_u"
    surface.fields["jump_u"] *= 1e-4
    assert _telling_colour(surface) == "u_plus"  # of the jump only errors would be seen


@pytest.mark.parametrize(
    ("u", "given", "chosen"),
    [
        ("y", (None, None), ("z", 0.0)),  # z as good as x; u is 0 for y = 0
        ("z", (None, None), ("y", 0.0)),
        ("x * y * z", (None, None), ("z", 0.5)),  # 0 on all planes in the middle
        ("z", ("z", None), ("z", 0.0)),  # constant on every such plane
        ("y * z", ("z", None), ("z", 0.5)),
        ("z", (None, 0.3), ("y", 0.3)),
        ("y", ("y", 0.0), ("y", 0.0)),  # as asked for
        ("1", (None, None), ("z", 0.0)),
    ],
)
def test_the_plane_that_is_drawn_shows_how_u_differs(u, given, chosen):
    class Known:
        box = nbm.Box()

        def __call__(self, points):
            return nbm.fields.as_field(nbm.expressions.parse(u), "u").evaluate(points)

    assert telling_plane(Known(), *given) == chosen


def test_pictures_of_a_run(run):
    pytest.importorskip("pyvista")
    surface = run / "interface.vtp"
    arguments = ["picture", str(run), "--colour", "curvature", "--axis", "x", "--surface", str(surface)]
    drawn = CliRunner().invoke(app, arguments)
    assert drawn.exit_code == 0, drawn.output
    for kind in ("field", "maps", "history"):
        assert (run / "pictures" / f"{kind}.png").read_bytes().startswith(b"\x89PNG")
    assert surface.exists()
    for option, value in (("--kind", "nothing"), ("--colour", "nothing"), ("--axis", "w")):
        assert CliRunner().invoke(app, ["picture", str(run), option, value]).exit_code == 2


def test_a_run_that_is_not_finished_is_told(run):
    (run / "model.safetensors").unlink()
    drawn = CliRunner().invoke(app, ["picture", str(run)])
    assert drawn.exit_code == 2
    assert "not finished" in drawn.output


def test_without_pyvista_matplotlib_draws(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setitem(sys.modules, "pyvista", None)
    solution = make_solution()
    solution.plot_field(tmp_path / "field.png", cells=12)
    viz.plot_shape(nbm.geometry.sphere(), tmp_path / "shape.png", cells=12)
    for name in ("field", "shape"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_charts_leave_out_what_has_no_logarithm():
    drawn = chart([0, 1, 2], {"a & b": [1.0, None, 1e-3], "c": [0.0, float("nan"), 2.0]}, "it falls")
    assert "a &amp; b" in drawn
    assert drawn.count("<polyline") == 2
    assert "nan" not in drawn
    assert "Nothing" in chart([0], {}, "none")
