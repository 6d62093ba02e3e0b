"""What the Python package does on a GPU, as one JSON object a line; measure.sh runs it.

    python python_checks.py [--small] SECTION...
        machine latency gauss_newton solve expansions corrections timeline arrays table1

A section that fails prints its error, the next one runs, and the program exits with 1. --small: sizes for an emulated
GPU.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nbm

SMALL = "--small" in sys.argv
DEEP, SHALLOW = (10,) * 5, (100,)
START = time.monotonic()


def say(case: str, **figures: Any) -> None:
    """Print one object."""
    print(json.dumps({"case": case, **figures, "at_s": round(time.monotonic() - START, 1)}), flush=True)


def median_seconds(call: Callable[[], Any], enough: float = 0.3, most: int = 200) -> float:
    """Return the median time of a call: of five at least, of `most` at most, or as many as take `enough` seconds."""
    times: list[float] = []
    while len(times) < 5 or (sum(times) < enough and len(times) < most and not SMALL):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def some_solution(hidden: tuple[int, ...]) -> nbm.Solution:
    """Return a solution on the CPU whose values do not matter."""
    trainer = nbm.Trainer(
        nbm.problems.sphere(),
        network=nbm.Siren(hidden=hidden),
        cell_size=2 / 64,
        device="cpu",
        optimizer=nbm.Adam(steps=1),
        sampling=nbm.Sampling(regular=64, irregular=8, boundary=8),
    )
    trainer.run()
    return trainer.solution()


def torch_on_gpu() -> Any:
    """Return PyTorch if it is here and sees a GPU."""
    try:
        import torch
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None


def machine() -> None:
    """What the GPU's own libraries reach: matrix products in float32 and float64, copies."""
    torch = torch_on_gpu()
    if torch is None:
        return say("machine", gpu="none that PyTorch sees")
    torch.backends.cuda.matmul.allow_tf32 = False

    def rate(call: Callable[[], Any], work: float) -> float:
        def finished() -> None:
            call()
            torch.cuda.synchronize()

        finished()
        return work / median_seconds(finished, most=5)

    n = 8192
    a, b = torch.randn(n, n, device="cuda"), torch.randn(n, n, device="cuda")
    c, d = a[: n // 2, : n // 2].double(), b[: n // 2, : n // 2].double()
    memory = torch.empty(2**30, dtype=torch.uint8, device="cuda")
    say(
        "machine",
        gpu=torch.cuda.get_device_name(0),
        multiprocessors=torch.cuda.get_device_properties(0).multi_processor_count,
        float32_product_tflops=round(rate(lambda: a @ b, 2 * n**3) / 1e12, 1),
        float64_product_tflops=round(rate(lambda: c @ d, n**3 / 4) / 1e12, 1),
        copy_tb_s=round(rate(lambda: memory[: 2**29].copy_(memory[2**29 :]), 2**30) / 1e12, 2),
    )


def latency() -> None:
    """Milliseconds of one call with points on the host and on the device."""
    torch = torch_on_gpu()
    for hidden in (SHALLOW, DEEP):
        gpu = some_solution(hidden).to("cuda")
        for points in (1, 100) if SMALL else (1, 1000, 100_000, 1_000_000):
            at = np.random.default_rng(0).uniform(-1, 1, (points, 3))
            for method in ("__call__", "gradient"):
                call = getattr(gpu, method)
                begin = time.perf_counter()
                call(at, precision="float32")
                first = time.perf_counter() - begin
                usual = median_seconds(lambda call=call, at=at: call(at, precision="float32"))
                say(
                    f"latency from the host, {method}",
                    network=str(hidden),
                    points=points,
                    first_ms=round(1e3 * first, 3),
                    median_ms=round(1e3 * usual, 4),
                )
        if torch is None:
            continue
        for points in (1, 1000, 100_000, 1_000_000, 16_777_216):
            at = torch.rand(points, 3, device="cuda") * 2 - 1
            out = torch.empty(points, device="cuda")
            for way, arguments in (("given", {"out": out}), ("made", {})):

                def call(gpu: nbm.Solution = gpu, at: Any = at, arguments: dict[str, Any] = arguments) -> None:
                    gpu(at, stream=torch.cuda.current_stream(), precision="float32", **arguments)
                    torch.cuda.synchronize()

                usual = median_seconds(call)
                say(
                    f"latency on the device, out {way}",
                    network=str(hidden),
                    points=points,
                    median_ms=round(1e3 * usual, 4),
                    points_a_second=round(points / usual),
                )


def gauss_newton() -> None:
    """Milliseconds of a Gauss-Newton step on the default draw."""
    for hidden in ((3, 3),) if SMALL else (DEEP, (14,) * 3, (32,) * 3):
        for discretization in ("bochkov_gibou", "direct_jump"):
            trainer = nbm.Trainer(
                nbm.problems.sphere(),
                network=nbm.Siren(hidden=hidden),
                device="cuda",
                discretization=discretization,
                sampling=nbm.Sampling(regular=40, irregular=8, boundary=8) if SMALL else nbm.Sampling(),
                optimizer=nbm.GaussNewton(steps=40, starts=1, stop_fraction=0),
            )
            begin = time.perf_counter()
            trainer.step(2)
            first = time.perf_counter() - begin
            steps = 2 if SMALL else 20
            begin = time.perf_counter()
            trainer.step(steps)
            seconds = time.perf_counter() - begin
            say(
                "Gauss-Newton step",
                network=str(hidden),
                parameters=nbm.Siren(hidden=hidden).parameters,
                discretization=discretization,
                first_two_s=round(first, 4),
                ms_a_step=round(1e3 * seconds / steps, 3),
            )


def solve() -> None:
    """Seconds to the demo's solution, and its error."""
    problem = nbm.problems.sphere()
    options: dict[str, Any] = {}
    if SMALL:
        options = {
            "network": nbm.Siren(hidden=(4,)),
            "sampling": nbm.Sampling(regular=40, irregular=8, boundary=8),
            "optimizer": nbm.GaussNewton(steps=3, starts=1),
        }
    for discretization, cells in (("direct_jump", 4096), ("bochkov_gibou", 64)):
        for device in ("cuda", "cuda") if SMALL else ("cuda", "cuda", "cpu"):  # the first also loads the libraries
            begin = time.perf_counter()
            found = nbm.solve(problem, cell_size=2 / cells, discretization=discretization, device=device, **options)
            seconds = time.perf_counter() - begin
            error = found.error(problem)
            say(
                "the demo's sphere",
                discretization=discretization,
                device=device,
                seconds=round(seconds, 3),
                steps=found.history[-1].step + 1,
                linf=error.linf,
                rmse=error.rmse,
            )


def corrections() -> None:
    """Say the share of the networks' speed that is left with a correction, points on the device."""
    torch = torch_on_gpu()
    for hidden in (SHALLOW, DEEP):
        networks = some_solution(hidden)
        corrected = networks.correct(nbm.problems.sphere(), cells=16 if SMALL else 64)
        gpus = [networks.to("cuda"), corrected.to("cuda")]
        if torch is None:
            say("correction", network=str(hidden), left_out="no PyTorch with a GPU")
            continue
        at = torch.rand(1_000_000, 3, device="cuda") * 2 - 1
        for method in ("minus", "gradient_minus"):
            for precision in ("float32", "float64"):

                def seconds(gpu: nbm.Solution, method: str = method, precision: str = precision, at: Any = at) -> float:
                    def call() -> None:
                        getattr(gpu, method)(at, precision=precision)
                        torch.cuda.synchronize()

                    return median_seconds(call)

                alone, both = seconds(gpus[0]), seconds(gpus[1])
                say(
                    f"correction, {method}",
                    network=str(hidden),
                    precision=precision,
                    networks_ms=round(1e3 * alone, 4),
                    corrected_ms=round(1e3 * both, 4),
                    share=round(alone / both, 2),
                )


def expansions() -> None:
    """Milliseconds of a call of what nbm.solve decides for, on the GPU and on the CPU, and how far these differ."""
    radius = (nbm.symbols.x**2 + nbm.symbols.y**2 + nbm.symbols.z**2) ** 0.5
    box = nbm.Box((-1, -1, -1), (1, 1, 1))
    problem = nbm.Problem(box, radius - 0.5, minus=nbm.Medium(mu=100.0), boundary=nbm.symbols.z)
    cpu = nbm.solve(problem, seconds=1 if SMALL else 3, device="cpu")
    gpu = cpu.to("cuda")
    for points in (1, 100) if SMALL else (1, 1000, 100_000, 1_000_000):
        at = np.random.default_rng(0).uniform(-1, 1, (points, 3))
        for method in ("__call__", "gradient"):
            on_gpu, on_cpu = getattr(gpu, method), getattr(cpu, method)
            worst = float(np.abs(on_gpu(at) - on_cpu(at)).max())
            say(
                f"expansion, points of the host, {method}",
                solved_by=cpu.info["solved_by"],
                points=points,
                gpu_ms=round(1e3 * median_seconds(lambda call=on_gpu, at=at: call(at)), 4),
                cpu_ms=round(1e3 * median_seconds(lambda call=on_cpu, at=at: call(at), most=5), 4),
                largest_difference=worst,
            )
            if not worst < 1e-11:
                raise ArithmeticError(f"{method} of an expansion differs by {worst}")


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


def timeline() -> None:
    """Kernels of replayed steps of Table 2 as the profiler of PyTorch sees them."""
    for hidden in (SHALLOW, DEEP):
        trainer = table2_trainer(8 if SMALL else 64, (4,) if SMALL else hidden)
        trainer.step(10 if SMALL else 400)
        steps = 2 if SMALL else 40
        if torch_on_gpu() is None:
            trainer.step(steps)
            say("timeline", network=str(hidden), left_out="no PyTorch with a GPU to record it")
            continue
        from torch.profiler import ProfilerActivity, profile

        begin = time.perf_counter()
        trainer.step(steps)
        wall = time.perf_counter() - begin
        with profile(activities=[ProfilerActivity.CUDA]) as seen:
            trainer.step(steps)
        trace = Path(os.environ.get("OUT", ".")) / f"trace_{hidden[0]}.json"
        seen.export_chrome_trace(str(trace))
        say("timeline", network=str(hidden), wall_us_a_step=round(1e6 * wall / steps, 1))
        for row in timeline_of(trace, steps):
            say("timeline", network=str(hidden), **row)
        if hidden is DEEP:
            trace.unlink()


def arrays() -> None:
    """Values at arrays of PyTorch, CuPy and JAX on the device, against the CPU's."""
    cpu = some_solution((10, 10))
    gpu = cpu.to("cuda")
    at = np.random.default_rng(0).uniform(-1, 1, (1000, 3)).astype(np.float32)
    expected = cpu(at.astype(np.float64))

    def through_torch() -> Any:
        import torch

        return torch.from_dlpack(gpu(torch.tensor(at, device="cuda"))).cpu().numpy()

    def through_cupy() -> Any:
        import cupy

        return cupy.asnumpy(cupy.asarray(gpu(cupy.asarray(at))))

    def through_jax() -> Any:
        import jax

        return np.asarray(jax.dlpack.from_dlpack(gpu(jax.device_put(at, jax.devices("gpu")[0]))))

    for through in (through_torch, through_cupy, through_jax):
        name = through.__name__.removeprefix("through_")
        try:
            found = through()
        except ImportError as error:
            say("arrays", library=name, left_out=str(error))
            continue
        worst = float(np.abs(found - expected).max())
        say("arrays", library=name, largest_difference=worst)
        if not worst < 1e-4:  # some hundred roundings in float32
            raise ArithmeticError(f"values by {name} differ by {worst}")


def table1() -> None:
    """Errors of Table 1 with its network, and the seconds that they took."""
    problem = nbm.problems.sphere()
    for cells in (16, 32, 64, 128):
        begin = time.perf_counter()
        found = nbm.solve(problem, cell_size=2 / cells, device="cuda")
        seconds = round(time.perf_counter() - begin, 2)
        error = found.error(problem)
        say("Table 1", cells=cells, seconds=seconds, linf=error.linf, rmse=error.rmse)


SECTIONS = {
    f.__name__: f for f in (machine, latency, gauss_newton, solve, expansions, corrections, timeline, arrays, table1)
}


def main() -> int:
    """Run the sections that are named."""
    failed = 0
    for name in sys.argv[1:]:
        if name == "--small":
            continue
        try:
            SECTIONS[name]()
        except Exception as error:  # the next section must run
            failed = 1
            say(name, error=f"{type(error).__name__}: {error}"[:500])
            traceback.print_exc()
    return failed


if __name__ == "__main__":
    sys.exit(main())
