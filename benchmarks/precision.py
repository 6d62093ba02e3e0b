"""What single precision does to the residual at cells of 2/8192; results/precision.{json,md}.

    python benchmarks/precision.py   # under a minute

Adam trains in float32; then the residuals of the same networks at the same points are taken in float32 and in float64.
The GPU's kernels are measured too where there is a GPU, or a build with NBM_CUDA=EMULATE
(PYTHONPATH=build/emulated/python), which runs them on the CPU: their rounding can be seen there, not their speed.
"""

from __future__ import annotations

from typing import Any, Literal

from machine import describe, markdown, write

import nbm
from nbm import _core

CELLS, STEPS = 8192, 100
NETWORKS = {"5×10": nbm.Siren(), "1×100": nbm.Siren(hidden=(100,)), "3×32": nbm.Siren(hidden=(32, 32, 32))}
Precision = Literal["float32", "float64"]


def trainer(network: nbm.Siren, discretization: Any, device: str, precision: Precision) -> nbm.Trainer:
    """Return a trainer that keeps the points of its first step."""
    return nbm.Trainer(
        nbm.problems.sphere(),
        network=network,
        cell_size=2 / CELLS,
        discretization=discretization,
        optimizer=nbm.Adam(steps=STEPS),
        sampling=nbm.Sampling(regular=512, irregular=64, boundary=64, refresh=STEPS),
        precision=precision,
        device=device,
        record_every=1,
    )


def measure(network: nbm.Siren, discretization: str, device: str) -> dict[str, float]:
    """Return the RMS of the regular residuals in double precision and the relative difference of single precision."""
    single = trainer(network, discretization, device, "float32")
    single.run()
    rms = {}
    for precision in ("float32", "float64"):
        again = trainer(network, discretization, device, precision)
        again.parameters = single.parameters
        again.step(1)
        rms[precision] = again.history[0].groups["regular"] ** 0.5
    return {"rms": rms["float64"], "difference": abs(rms["float32"] / rms["float64"] - 1)}


def main() -> None:
    """Measure and write."""
    devices = {"CPU": "cpu"}
    if _core.cuda_device_count() > 0:
        devices["GPU kernels, on the CPU" if _core.build_info().cuda_emulated else "GPU"] = "cuda"
    results = []
    for label, device in devices.items():
        for name, network in NETWORKS.items():
            for discretization in ("bochkov_gibou", "direct_jump"):
                found = measure(network, discretization, device)
                results.append({"device": label, "network": name, "discretization": discretization, **found})
                print(results[-1], flush=True)
    rows = [
        [r["device"], r["network"], r["discretization"].replace("_", " "), f"{r['rms']:.3e}", f"{r['difference']:.1e}"]
        for r in results
    ]
    text = f"Sphere problem, h = 2/{CELLS}, networks after {STEPS} steps of Adam in float32: RMS of the regular\n"
    text += "residuals (divided by the Jacobi diagonal) in float64, and the relative difference of that in float32.\n\n"
    text += markdown(["device", "network", "rows", "RMS, float64", "difference of float32"], rows)
    write("precision", {"machine": describe(1), "results": results}, text)


if __name__ == "__main__":
    main()
