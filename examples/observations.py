"""A boundary that was measured wrongly, put right by a few noisy sensors inside.

The sphere problem of docs/method.md, section 11, with boundary values that are 0.2 too high everywhere. Forty sensors
inside know u to 0.01. Fitting them beside the equation, with little trust in the boundary, takes most of the error
away.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import nbm

truth = nbm.problems.sphere()
told = nbm.Problem(
    truth.box,
    truth.level_set,
    minus=truth.minus,
    plus=replace(truth.plus, boundary=truth.exact_plus + 0.2),
    jump_u=truth.jump_u,
    jump_flux=truth.jump_flux,
)

random = np.random.default_rng(1)
points = random.uniform(-0.9, 0.9, size=(40, 3))
sensors = nbm.Observations(points, truth.exact(points) + random.normal(scale=0.01, size=40), sigma=0.01)

options = {
    "network": nbm.Siren(hidden=(20,)),
    "cell_size": 2 / 64,
    "optimizer": nbm.GaussNewton(steps=40, starts=1, stop_fraction=0.0),
    "sampling": nbm.Sampling(regular=1000, irregular=400, boundary=300, refresh=10),
    "device": "cpu",
}
without = nbm.solve(told, **options).error(truth).rmse
# Little weight to the boundary, which contradicts the sensors, and so much to these that they are met to their noise
# and no better: a mean square near 1 (docs/how-to-choose.md, "Observations").
solution = nbm.solve(told, **options, observations=sensors, weights={"boundary": 1e-3, "data": 1e-3})
corrected = solution.error(truth).rmse

print(f"mean square of (u - value) / sigma {solution.history[-1].groups['data']:.2f}")
print(f"RMS error with the boundary alone {without:.3f}, with the sensors {corrected:.3f}")
if not corrected < 0.25 * without:
    raise SystemExit("the sensors should take three quarters of the error away")
