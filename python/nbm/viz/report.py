"""The report of a run: one HTML file for people, made by ``nbm show``."""

from __future__ import annotations

import base64
import math
import platform
import shlex
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

import nbm
from nbm import _core
from nbm.errors import BackendUnavailable, NbmError
from nbm.run import read_json, read_summary
from nbm.toml_problem import TomlProblem, read_problem
from nbm.viz.report_chart import chart
from nbm.viz.report_page import badge, page, table
from nbm.viz.run_pictures import RunContents, draw_pictures, read_run
from nbm.vtk_image import write_atomically

__all__ = ["write_report"]

_ALT = {
    "field": "Left, the interface coloured by the jump of u, or by u where it does not jump, with field lines of the "
    "gradient of u around it. Right, u as a height over a middle plane, with a wall where it jumps.",
    "maps": "Maps of u on three middle planes, and below of its error where it is known and of the residual.",
    "history": "Loss and residuals over the steps of training.",
}
# What stands where the file says nothing, and why: docs/how-to-choose.md.
_DEFAULTS = {
    "network.hidden": ("5 layers of 10", "982 parameters on both sides; Gauss–Newton is quick on these"),
    "network.omega": ("2", "for solutions that do not oscillate"),
    "training.networks": ("sides", "one network for each side of the interface"),
    "training.discretization": ("bochkov_gibou", "cut cells: robust for any interface"),
    "training.cell_size": ("a 64th of the longest edge, a 4096th for direct_jump", "the error falls with its square"),
    "training.loss": ("balanced", "all groups of rows weigh alike at the error of the discretization"),
    "training.precision": ("float64 for Gauss–Newton, float32 for Adam", "what each of them can use"),
    "optimizer.kind": ("auto", "Gauss–Newton up to 5000 parameters, Adam beyond"),
    "sampling": ("by the optimizer", "3000 + 1500 + 1000 points for Gauss–Newton, 8192 + 1024 + 1024 for Adam"),
    "training.seed": ("0", "equal seeds give equal bits"),
    "training.device": ("auto", "a GPU where there is one"),
}


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a run folder and return it; draws the pictures that are missing.

    Raises:
        FileError: the folder holds no finished run, or a file cannot be read or written.
    """
    contents = read_run(folder)
    source = read_problem(contents.run.problem_file)
    certificate = None if contents.problem is None else contents.solution.certify(contents.problem)
    summary = read_json(contents.run.summary) if contents.run.summary.exists() else {}
    trained = source.trains()
    sections = [
        ("Problem", _problem(contents, source)),
        ("Settings and why", _settings(contents, source, trained)),
        ("Curves of training", _curves(contents)) if trained else ("What was tried", _attempts(contents)),
        ("Pictures", _pictures(contents)),
        ("Certificate", _certificate(certificate, summary, contents)),
        ("Quantities", _quantities(contents)),
        ("Versions, files, and how to repeat this", _versions(contents)),
    ]
    title = f"{Path(contents.settings.get('source', folder.name)).stem}: nbm run"
    foot = f"Written by nbm {nbm.__version__}. This file needs no network; pictures and styles are in it."
    path = folder / "report.html"
    write_atomically(path, page(title, _head(contents, summary, certificate), sections, foot).encode())
    return path


def _head(contents: RunContents, summary: dict[str, Any], certificate: Any) -> str:
    verdict = certificate.verdict if certificate is not None else str(summary.get("verdict", "not certified"))
    lines = [badge(verdict, verdict.startswith("trusted"))]
    steps = f" after {summary['step']} steps" if summary.get("step") else ""
    done = f"{summary.get('stop_reason') or 'ended'}{steps}"
    lines.append(f'<p class="soft">{escape(done)} in {summary.get("seconds", math.nan):.1f} s.')
    if summary.get("error"):
        lines.append(f" Against the known solution: {escape(str(nbm.ErrorNorms(**summary['error'])))}.")
    return "".join(lines) + "</p>"


def _problem(contents: RunContents, source: TomlProblem) -> str:
    box = contents.solution.box
    equations = (
        "k u − ∇·(μ ∇u) = f on either side of the interface Γ = {φ = 0}",
        "u⁺ − u⁻ = α and μ⁺∂ₙu⁺ − μ⁻∂ₙu⁻ = β on Γ",
        f"u = g on the boundary of the box {box.lower} to {box.upper}",
    )
    parts = ['<div class="equations">', *(f"<div>{escape(line)}</div>" for line in equations), "</div>"]
    if contents.problem_fault is not None:
        parts.append(f'<p class="bad">It cannot be stated again: {escape(contents.problem_fault)}</p>')
    parts.append(f"<p>As in the problem file:</p><pre tabindex='0'>{escape(source.text.strip())}</pre>")
    return "".join(parts)


def _settings(contents: RunContents, source: TomlProblem, trained: bool) -> str:
    given = {
        f"{section}.{key}": value
        for section in ("network", "training", "optimizer", "sampling", "plateau")
        for key, value in getattr(source.sections, section).given().items()
    }
    rows = [(name, _shown(value), "given in the problem file") for name, value in given.items()]
    for name, value in contents.settings.get("options", {}).items():
        rows.append((f"training.{name}", _shown(value), "given on the command line"))
    taken = {row[0] for row in rows} | {row[0].split(".")[0] for row in rows if row[0].startswith("sampling")}
    if "training.cells" in taken:
        taken.add("training.cell_size")
    if trained:
        rows += [(name, value, why) for name, (value, why) in _DEFAULTS.items() if name not in taken]
    else:
        rows.append(("way of solving", "decided by nbm", "no section of the file says how to train networks"))
    info = contents.solution.info
    rows += [
        (name.replace("_", " "), info[name], "decided in the run")
        for name in sorted(info)
        if name not in ("problem", "problem_digest")
    ]
    return table(("setting", "value", "why"), rows, "Settings")


def _attempts(contents: RunContents) -> str:
    summary = read_summary(contents.run.summary)
    spread = summary.certificate.range or 1.0
    rows = [
        [attempt.what, f"{attempt.estimated_rmse / spread:.1e}", f"{attempt.seconds:.1f}", "✓" if taken else "–"]
        for attempt, taken in ((a, i == summary.chosen) for i, a in enumerate(summary.attempts))
    ]
    note = "nbm decided by itself: it takes what has the least estimated error, or a finer grid with about the same."
    header = ("way", "estimated RMS error over the range of u", "seconds", "taken")
    return f"<p>{note}</p>" + table(header, rows, "What was tried")


def _curves(contents: RunContents) -> str:
    records = contents.records
    if not records:
        return "<p>Nothing was recorded.</p>"
    series: dict[str, Any] = {"loss": [r.loss for r in records]}
    for name in records[0].groups:
        series[f"RMS residual, {name}"] = [math.sqrt(max(r.groups.get(name, 0.0), 0.0)) for r in records]
    if any(r.error is not None for r in records):
        series["RMS error of u"] = [r.error for r in records]
    first, last = records[0], records[-1]
    description = f"The loss falls from {first.loss:.2e} at step {first.step} to {last.loss:.2e} at step {last.step}."
    return chart([r.step for r in records], series, description) + f"<p>{description}</p>"


def _pictures(contents: RunContents) -> str:
    parts = []
    for kind in ("field", "maps"):
        try:
            (path,) = draw_pictures(contents, (kind,), again=False)
        except (BackendUnavailable, NbmError) as error:
            parts.append(f"<p>No picture of the {kind}: {escape(str(error))}</p>")
            continue
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        image = f'<img src="data:image/png;base64,{data}" alt="{escape(_ALT[kind])}">'
        parts.append(f"<figure>{image}<figcaption>{escape(_ALT[kind])}</figcaption></figure>")
    return "".join(parts)


def _certificate(certificate: Any, summary: dict[str, Any], contents: RunContents) -> str:
    if certificate is None:
        return f"<p>As the run said: {escape(str(summary.get('verdict', 'nothing')))}.</p>"
    return f"<p>{escape(certificate.verdict)}.</p><pre tabindex='0'>{escape(str(certificate))}</pre>"


def _quantities(contents: RunContents) -> str:
    if contents.problem is None:
        return "<p>None: they need the problem, which cannot be stated again.</p>"
    try:
        found = contents.solution.quantities(contents.problem).all()
    except NbmError as error:
        return f"<p>None: {escape(str(error))}</p>"
    rows = [[name, f"{quantity.value:.6g}", f"{quantity.error:.1e}"] for name, quantity in found.items()]
    return table(("quantity", "value", "estimated error"), rows, "Quantities")


def _versions(contents: RunContents) -> str:
    build = _core.build_info()
    rows = [
        ["nbm of the run", str(contents.settings.get("nbm"))],
        ["nbm of this report", f"{nbm.__version__}, {build.build_type}, {build.compiler}"],
        ["Python, NumPy", f"{platform.python_version()}, {np.__version__}"],
        ["machine", f"{platform.system()} {platform.machine()}, {_core.simd_level()}, {_core.available_cores()} cores"],
    ]
    options = " ".join(
        f"--{name} {shlex.quote(str(value))}" for name, value in contents.settings.get("options", {}).items()
    )
    command = f"nbm solve {shlex.quote(str(contents.settings.get('source')))} {options}".strip()
    folder = contents.run.folder
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return (
        table(("what", "version"), rows, "Versions")
        + "<p>The command that repeats it, into another folder:</p>"
        + f"<pre tabindex='0'>{escape(command)} --out again</pre>"
        + f"<details><summary>Files of the run</summary><p>{escape(', '.join(files))}</p></details>"
    )


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
