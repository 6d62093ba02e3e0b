"""What the README and the pages of docs/ show is true: code runs, links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nbm

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]


@pytest.mark.slow
def test_the_python_example_of_the_readme_runs(tmp_path):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    program = tmp_path / "example.py"
    program.write_text(code, encoding="utf-8")
    run = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    *summary, printed, _gradient = run.stdout.splitlines()
    assert "trusted" in summary[-1]
    value = float(printed.strip("[]"))
    # Its point (0.1, 0.2, 0.3) lies inside; numpy prints eight digits.
    assert value == pytest.approx(0.9 / 102, abs=1e-9)
    assert nbm.load(tmp_path / "ball.safetensors")([[0.1, 0.2, 0.3]]) == pytest.approx(value, abs=1e-9)  # as printed


def blocks_of(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial", "units", "trust", "sweeps", "quantities"])
def test_pages_for_users_run_and_print_what_they_show(name, tmp_path):
    page = ROOT / "docs" / f"{name}.md"
    for file in blocks_of(page, "toml"):
        (tmp_path / "pin.toml").write_text(file, encoding="utf-8")
    program = tmp_path / f"{name}.py"
    program.write_text("".join(blocks_of(page, "python")), encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    run = subprocess.run([sys.executable, program], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    shown = [line for block in blocks_of(page, "output") for line in block.splitlines()]
    # What differs between runs, such as seconds, is shown as ```text, and known by its first word alone.
    differing = {line.split()[0] for block in blocks_of(page, "text") for line in block.splitlines()}
    assert [line for line in run.stdout.splitlines() if line.split()[0] not in differing] == shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_sections_cited_in_the_code_exist():
    sections = set(re.findall(r"^## (\d+)\.", (ROOT / "docs" / "method.md").read_text(encoding="utf-8"), re.MULTILINE))
    for tree in ("cpp", "python", "tests", "benchmarks", "cuda"):
        for source in [p for p in (ROOT / tree).rglob("*") if p.suffix in {".hpp", ".cpp", ".py", ".cu"}]:
            for cited in re.findall(r"method\.md,\s+section\s+(\d+)", source.read_text(encoding="utf-8")):
                assert cited in sections, f"{source} cites section {cited}"
