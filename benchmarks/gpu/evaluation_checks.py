"""Evaluation on a GPU from Python: sections of python_checks.py."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from checks_common import DEEP, SHALLOW, SMALL, median_seconds, say, some_solution, torch_on_gpu

import nbm


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
