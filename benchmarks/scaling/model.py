"""A model of the time of a step on many ranks, and what it predicts.

    T(P, N) = fixed + point * N / P + sum(P),      sum(P) = 2 ceil(log2 P) * latency + 2 (P - 1) / P * bytes / bandwidth

N points a step on P ranks; one message of ``bytes``, gradient and loss, summed over the ranks. The first term of
the sum is what any algorithm needs between P ranks that all contribute and all receive; the second moves the fewest
bytes. With two networks of n parameters a message has 8 (2 n + 6) bytes: 7.9 kB for 5 x 10, 8.1 kB for 1 x 100.

For GPUs nothing is assumed: measure the two times of a step on one GPU (two batches give ``fixed`` and ``point``), take
latency and bandwidth from the interconnect's own benchmark (nccl-tests, osu_allreduce), and call

    python benchmarks/scaling/model.py --fixed-us F --point-ns P --latency-us L --bandwidth-gb-s B [--parameters 982]
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

GPUS = (1, 2, 4, 8, 64, 256, 1024)


@dataclass(frozen=True)
class StepModel:
    """Times in seconds, bandwidth in bytes a second."""

    fixed: float
    point: float
    latency: float
    bandwidth: float
    message: float

    def sum_time(self, ranks: int) -> float:
        """Return the time of the message."""
        if ranks == 1:
            return 0.0
        hops = 2 * math.ceil(math.log2(ranks))
        return hops * self.latency + 2 * (ranks - 1) / ranks * self.message / self.bandwidth

    def step_time(self, ranks: int, points: float) -> float:
        """Return the time of a step with ``points`` points over all ranks."""
        return self.fixed + self.point * points / ranks + self.sum_time(ranks)

    def strong_efficiency(self, ranks: int, points: float) -> float:
        """Return T(1, N) / (P T(P, N))."""
        return self.step_time(1, points) / (ranks * self.step_time(ranks, points))

    def weak_efficiency(self, ranks: int, points: float) -> float:
        """Return T(1, n) / T(P, P n), with n = ``points`` of a rank."""
        return self.step_time(1, points) / self.step_time(ranks, ranks * points)

    def points_for_strong(self, ranks: int, efficiency: float = 0.8) -> float:
        """Return the least points of a step, over all ranks, with this strong efficiency."""
        lost = efficiency * ranks * (self.fixed + self.sum_time(ranks)) - self.fixed
        return max(0.0, lost / ((1 - efficiency) * self.point))

    def points_for_weak(self, ranks: int, efficiency: float = 0.8) -> float:
        """Return the least points of a rank with this weak efficiency."""
        least = (efficiency * self.sum_time(ranks) / (1 - efficiency) - self.fixed) / self.point
        return max(0.0, least)


def message_bytes(parameters: int) -> int:
    """Return the size of the message of an Adam step: gradient of both networks, five sums of squares, a status."""
    return 8 * (parameters + 6)


def table(model: StepModel, points: int, ranks: tuple[int, ...] = GPUS) -> str:
    """Return efficiencies, and the points for 80 %, as a Markdown table."""
    lines = [
        f"| ranks | strong, {points} points | weak, {points} a rank | points for 80 % strong | a rank for 80 % weak |",
        "|---|---|---|---|---|",
    ]
    for p in ranks:
        lines.append(
            f"| {p} | {model.strong_efficiency(p, points):.2f} | {model.weak_efficiency(p, points):.2f} "
            f"| {model.points_for_strong(p):.2g} | {model.points_for_weak(p):.2g} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the prediction for the times given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fixed-us", type=float, required=True)
    parser.add_argument("--point-ns", type=float, required=True)
    parser.add_argument("--latency-us", type=float, required=True)
    parser.add_argument("--bandwidth-gb-s", type=float, required=True)
    parser.add_argument("--parameters", type=int, default=982, help="of both networks")
    parser.add_argument("--points", type=int, default=16384)
    a = parser.parse_args()
    model = StepModel(
        a.fixed_us * 1e-6, a.point_ns * 1e-9, a.latency_us * 1e-6, a.bandwidth_gb_s * 1e9, message_bytes(a.parameters)
    )
    print(table(model, a.points))


if __name__ == "__main__":
    main()
