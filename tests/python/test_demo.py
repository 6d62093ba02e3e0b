"""The demo, with a training too short to be good: its table, its files, and how it fails."""

from __future__ import annotations

import functools

import nbm
from nbm import demo


def test_demo_shows_a_table_and_leaves_files(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(nbm, "Trainer", functools.partial(nbm.Trainer, network=nbm.Siren(hidden=(8,)), record_every=1))
    monkeypatch.setattr(demo, "_ONE_START", nbm.GaussNewton(steps=2, starts=1, start_steps=2))
    assert demo.main(["--out", str(tmp_path / "deep" / "demo")]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("largest error", "RMS error", "6.4e-02", "4.1e-03", "cut cells", "direct jump"))
    assert "nbm.solve(problem" in out
    assert out.count("not trusted") == 2  # the trained ones, two steps each
    first_cells = [line.split("│")[1].strip() for line in out.splitlines() if line.startswith("│")]
    assert len(set(first_cells)) == len(first_cells)  # each row says what it is, on one line
    files = {file.name for file in (tmp_path / "deep" / "demo").iterdir()}
    assert {"sphere.safetensors", "solution.vti"} <= files
    assert ("slice.png" in files) != ("no picture" in out)
    assert nbm.load(tmp_path / "deep" / "demo" / "sphere.safetensors")([[0, 0, 0]]).shape == (1,)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert demo.main(["--out", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.startswith("nbm: ")
