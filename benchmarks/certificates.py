"""Whether certificates tell bad trainings from good ones; results/certificates.{json,md}.

    python benchmarks/certificates.py   # about seven minutes on 2 cores

One random start each, given few steps, from many seeds: some end near the solution and some far away.
"""

from __future__ import annotations

import os
from typing import Any

from machine import describe, markdown, write

import nbm

SEEDS = range(6)
STEPS = (15, 40)


def runs(name: str, discretization: str, steps: int) -> list[dict[str, Any]]:
    """Train from each seed; return the RMS errors over the RMS of u, true and estimated, and the verdicts."""
    problem = getattr(nbm.problems, name)()
    results = []
    for seed in SEEDS:
        optimizer = nbm.GaussNewton(steps=steps, starts=1)
        solution = nbm.solve(problem, discretization=discretization, optimizer=optimizer, seed=seed)
        certificate = solution.certify(problem)
        found = {"seed": seed, "error": solution.error(problem).rmse / certificate.size}
        found |= {"estimate": certificate.estimated_rmse / certificate.size, "trusted": certificate.trusted}
        found |= {"tolerance": certificate.tolerance, "reasons": certificate.reasons}
        results.append(found)
    return results


def summary(case: dict[str, Any]) -> list[str]:
    """Return a line of the table."""
    found = case["runs"]
    bad = [r for r in found if r["error"] > r["tolerance"]]
    trusted = [r for r in found if r["trusted"]]
    ratios = [r["estimate"] / r["error"] for r in found]
    return [
        f"{case['problem']}, {case['discretization'].replace('_', ' ')}",
        str(case["steps"]),
        f"{min(r['error'] for r in found):.0e} to {max(r['error'] for r in found):.0e}",
        f"{len(bad)} of {len(found)}",
        str(sum(r["trusted"] for r in bad)),
        str(len(trusted)),
        f"{max(r['error'] for r in trusted):.0e}" if trusted else "",
        f"{min(ratios):.1f} to {max(ratios):.0f}",
    ]


def main() -> None:
    """Measure and write."""
    cases = []
    for name in ("sphere", "ellipsoid", "star"):
        for discretization in ("bochkov_gibou", "direct_jump"):
            for steps in STEPS:
                found = runs(name, discretization, steps)
                cases.append({"problem": name, "discretization": discretization, "steps": steps, "runs": found})
                print(summary(cases[-1]), flush=True)
    header = ["problem, rows", "steps", "RMS error / u", "bad", "bad and trusted", "trusted"]
    header += ["worst trusted", "estimate / error"]
    passed = sum(int(summary(case)[4]) for case in cases)
    bad = sum(int(summary(case)[3].split()[0]) for case in cases)
    text = f"{len(SEEDS)} seeds each, one start. Bad: the true RMS error is above the tolerance of the certificate.\n"
    text += f"Of {bad} bad trainings {passed} were trusted.\n\n"
    text += markdown(header, [summary(case) for case in cases])
    write("certificates", {"machine": describe(len(os.sched_getaffinity(0))), "cases": cases}, text)


if __name__ == "__main__":
    main()
