"""What steps on a GPU consist of, as PyTorch's profiler sees them: a section of python_checks.py."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from checks_common import DEEP, SHALLOW, SMALL, gauss_newton_trainer, say, torch_on_gpu

import nbm


def table2_trainer(nodes: int, hidden: tuple[int, ...]) -> nbm.Trainer:
    """Return a trainer of Table 2: a gridded level set, four cell sizes in turn, batches of grid nodes."""
    x = np.linspace(-1, 1, 97)
    r = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)
    waves = 0.08 * np.sin(9 * x)[:, None, None] * np.sin(8 * x)[None, :, None] * np.cos(7 * x)[None, None, :]
    s = nbm.symbols
    box = nbm.Box((-1, -1, -1), (1, 1, 1))
    problem = nbm.Problem(
        box,
        nbm.GridField(r - 0.55 - waves, box),
        minus=nbm.Medium(mu=s.y**2 * s.log(s.x + 2) + 4, f=s.sin(s.x) * s.cos(s.y)),
        plus=nbm.Medium(mu=s.exp(-s.z), f=s.cos(s.x) * s.sin(s.z)),
        jump_u=s.cos(s.x) * s.sin(s.y) - s.exp(s.z),
        jump_flux=s.x * s.y,
    )
    return nbm.Trainer(
        problem,
        network=nbm.Siren(hidden=hidden),
        cell_size=2 / nodes,
        device="cuda",
        resolution=nbm.Resolution(levels=2 if SMALL else 4, order="cycle"),
        optimizer=nbm.Adam(steps=10_000),
        sampling=nbm.Sampling(mode="grid", grid_nodes=nodes, batch=64 if SMALL else 16384),
        record_every=10_000,
    )


def short_name(kernel: str) -> str:
    """Return a kernel's name without namespaces, types and arguments."""
    name = re.sub(r"nbm::cuda::|\(anonymous namespace\)::|^void ", "", kernel)
    return re.sub(r"\(.*|<.*", "", name).strip() or kernel


def timeline_of(trace: Path, steps: int) -> list[dict[str, Any]]:
    """Return what a step consists of from a Chrome trace of the profiler: the whole, then each kernel."""
    events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    work = [e for e in events if e.get("ph") == "X" and e.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset")]
    if not work:
        raise RuntimeError("the trace has no kernels")
    work.sort(key=lambda e: e["ts"])
    busy, end = 0.0, work[0]["ts"]
    kernels: dict[str, list[float]] = {}
    for event in work:  # those of branches overlap
        begin, stop = max(event["ts"], end), event["ts"] + event["dur"]
        busy += max(0.0, stop - begin)
        end = max(end, stop)
        kernels.setdefault(short_name(event["name"]), []).append(event["dur"])
    whole = end - work[0]["ts"]
    rows = [
        {
            "us_a_step": round(whole / steps, 1),
            "busy_us": round(busy / steps, 1),
            "sum_of_kernels_us": round(sum(e["dur"] for e in work) / steps, 1),
            "launches": round(len(work) / steps, 1),
        }
    ]
    for name, times in sorted(kernels.items(), key=lambda item: -sum(item[1])):
        rows.append({"kernel": name, "times": round(len(times) / steps, 2), "us_a_step": round(sum(times) / steps, 2)})
    return rows


def say_timeline(trainer: nbm.Trainer, steps: int, trace: Path, **what: Any) -> None:
    """Say what the next steps of a trainer consist of; `what` they are goes to each line."""
    if torch_on_gpu() is None:
        trainer.step(steps)
        return say("timeline", **what, left_out="no PyTorch with a GPU to record it")
    from torch.profiler import ProfilerActivity, profile

    begin = time.perf_counter()
    trainer.step(steps)
    wall = time.perf_counter() - begin
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        trainer.step(steps)
    seen.export_chrome_trace(str(trace))
    say("timeline", **what, wall_us_a_step=round(1e6 * wall / steps, 1))
    for row in timeline_of(trace, steps):
        say("timeline", **what, **row)


def timeline() -> None:
    """Kernels of replayed steps of Table 2, and of Gauss-Newton, as the profiler of PyTorch sees them."""
    folder = Path(os.environ.get("OUT", "."))
    for hidden in (SHALLOW, DEEP):
        trainer = table2_trainer(8 if SMALL else 64, (4,) if SMALL else hidden)
        trainer.step(10 if SMALL else 400)
        say_timeline(trainer, 2 if SMALL else 40, folder / f"trace_{len(hidden)}.json", network=str(hidden))
    (folder / f"trace_{len(DEEP)}.json").unlink(missing_ok=True)
    for discretization in ("bochkov_gibou", "direct_jump"):
        hidden = (3, 3) if SMALL else DEEP
        trainer = gauss_newton_trainer(nbm.Siren(hidden=hidden), discretization)
        trainer.step(2)
        trace = folder / "trace_gauss_newton.json"
        say_timeline(trainer, 2 if SMALL else 6, trace, network=f"{hidden} by Gauss-Newton, {discretization}")
        trace.unlink(missing_ok=True)
