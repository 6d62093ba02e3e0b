"""The attacks of benchmarks/attack run, and lose nothing; few tries of the quick ones. make attack does all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ATTACK = Path(__file__).resolve().parents[2] / "benchmarks" / "attack"


@pytest.mark.slow
def test_quick_attacks_lose_nothing_and_write_their_table(tmp_path):
    table = tmp_path / "reliability.md"
    subjects = ("files", "texts", "c_calls", "processes")
    run = subprocess.run(
        [sys.executable, "-W", "ignore", ATTACK, *subjects, "--seed", "1", "--share", "0.005", "--out", table],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "lost: nothing" in run.stdout
    rows = [line for line in table.read_text().splitlines() if line.endswith("| nothing |")]
    assert len(rows) == 8
    assert "Seed 1, share 0.005" in table.read_text()
