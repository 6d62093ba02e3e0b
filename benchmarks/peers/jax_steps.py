"""One training step on regular points in JAX: the peer that benchmarks/ compares nbm with.

The step is that of docs/method.md, sections 2, 5 and 10, as one would write it in JAX: float32, seven evaluations of
the network a point, mean of squared Jacobi residuals, reverse-mode gradient, Adam, jitted as a whole with donated
buffers. The points of the two sides come in two arrays, one for each network, so that no evaluation is wasted. A batch
is swept in chunks that fit the cache, whose gradients are added up; chunk 0 takes the whole batch at once, as one would
write it first. benchmarks/NOTES.md has the formulations that were tried.

Needs JAX (`pip install jax`) in an environment of its own. Prints one JSON object a case, times in microseconds a
point:

    python benchmarks/peers/jax_steps.py --threads 2
    python benchmarks/peers/jax_steps.py --threads 2 --formulation features-first --chunk 0
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

NETWORKS = {"5x10": (10, 10, 10, 10, 10), "1x100": (100,)}
FASTEST = {"5x10": ("features-first", 2048), "1x100": ("features-last", 1024)}  # formulation, points a chunk
BATCHES = (16384, 131072)
OMEGA, GAMMA = 2.0, 1.5
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
STEP = 2.0 / 64  # cell size; the box is [-1, 1]^3, so points are in network coordinates already

# The point itself, then its neighbours in the order of docs/conventions.md.
OFFSETS = STEP * np.array(
    [[0, 0, 0], [-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], dtype=np.float32
)

Parameters = list[tuple[Any, Any]]  # weights [out, in] and biases [out] of each layer
Rows = dict[str, Any]  # points [3, n], weights [7, n], rhs [n], diagonal [n]


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="cores to use")
    parser.add_argument("--platform", default="cpu", help="of JAX: cpu, cuda")
    parser.add_argument("--network", choices=[*NETWORKS, "all"], default="all")
    parser.add_argument("--batch", type=int, action="append", help="points a step (repeatable)")
    parser.add_argument("--formulation", choices=FORMULATIONS, help="default: the fastest for the network")
    parser.add_argument("--chunk", type=int, help="points a chunk, 0 for the whole batch; default: the fastest")
    parser.add_argument("--seconds", type=float, default=4.0, help="time to measure each case for")
    return parser.parse_args()


def initial_parameters(hidden: tuple[int, ...], generator: np.random.Generator) -> Parameters:
    """Return a network as section 2 draws it."""
    widths = (3, *hidden, 1)
    layers = []
    for layer, (n_in, n_out) in enumerate(pairwise(widths)):
        bound = 1.0 if layer == 0 else GAMMA / np.sqrt(n_in)
        bias = np.zeros(n_out) if layer == len(hidden) else generator.uniform(-1, 1, n_out)
        weights = generator.uniform(-bound, bound, (n_out, n_in))
        layers.append((weights.astype(np.float32), bias.astype(np.float32)))
    return layers


def random_rows(count: int, generator: np.random.Generator) -> Rows:
    """Return rows with weights of the size that a smooth coefficient gives; their values do not matter for the time."""
    mu = generator.uniform(0.5, 2.0, (6, count)) * STEP
    diagonal = mu.sum(axis=0)
    rows = {
        "points": generator.uniform(-1, 1, (3, count)),
        "weights": np.concatenate([diagonal[None], -mu]),
        "rhs": generator.uniform(-1, 1, count) * STEP**3,
        "diagonal": diagonal,
    }
    return {name: values.astype(np.float32) for name, values in rows.items()}


def stencil_features_first(layers: Parameters, points: Any) -> Any:
    """Network values [7, n] by one chain of products [out, in] @ [in, 7 n]."""
    import jax.numpy as jnp

    nodes = (points[:, None, :] + OFFSETS.T[:, :, None]).reshape(3, -1)
    weights, bias = layers[0]
    hidden = jnp.sin(OMEGA * (weights @ nodes + bias[:, None]))
    for weights, bias in layers[1:-1]:
        hidden = jnp.sin(weights @ hidden + bias[:, None])
    weights, bias = layers[-1]
    return (weights @ hidden + bias[:, None]).reshape(7, -1)


def stencil_features_last(layers: Parameters, points: Any) -> Any:
    """The same with products [7 n, in] @ [in, out]."""
    import jax.numpy as jnp

    nodes = (points.T[None] + OFFSETS[:, None, :]).reshape(-1, 3)
    weights, bias = layers[0]
    hidden = jnp.sin(OMEGA * (nodes @ weights.T + bias))
    for weights, bias in layers[1:-1]:
        hidden = jnp.sin(hidden @ weights.T + bias)
    weights, bias = layers[-1]
    return (hidden @ weights.T + bias).reshape(7, -1)


FORMULATIONS: dict[str, Callable[[Parameters, Any], Any]] = {
    "features-first": stencil_features_first,
    "features-last": stencil_features_last,
}


def in_chunks(rows: Rows, chunk: int) -> Rows:
    """Return the rows with a leading axis of chunks: [..., n] -> [n / chunk, ..., chunk]."""
    import jax
    import jax.numpy as jnp

    size = chunk or rows["rhs"].shape[0]
    if rows["rhs"].shape[0] % size:
        raise SystemExit(f"{rows['rhs'].shape[0]} points a side are no multiple of the chunk {size}: change --batch")
    return jax.tree.map(lambda a: jnp.moveaxis(a.reshape(*a.shape[:-1], -1, size), -2, 0), rows)


def make_step(stencil: Callable[[Parameters, Any], Any], batch: int) -> Callable[..., Any]:
    """Return the jitted step (state, rows of the two sides in chunks) -> (state, loss)."""
    import jax
    import jax.numpy as jnp

    def loss(layers: Parameters, rows: Rows) -> Any:
        values = stencil(layers, rows["points"])
        residual = ((rows["weights"] * values).sum(axis=0) - rows["rhs"]) / rows["diagonal"]
        return jnp.sum(residual**2) / batch

    def loss_and_gradient(layers: Parameters, chunks: Rows) -> Any:
        if chunks["rhs"].shape[0] == 1:
            return jax.value_and_grad(loss)(layers, jax.tree.map(lambda a: a[0], chunks))

        def add(sums: Any, rows: Rows) -> Any:
            return jax.tree.map(jnp.add, sums, jax.value_and_grad(loss)(layers, rows)), None

        return jax.lax.scan(add, (jnp.float32(0), jax.tree.map(jnp.zeros_like, layers)), chunks)[0]

    @partial(jax.jit, donate_argnums=0)
    def step(state: Any, sides: list[Rows]) -> Any:
        networks, first, second, number = state
        parts = [loss_and_gradient(layers, rows) for layers, rows in zip(networks, sides, strict=True)]
        gradient = [part[1] for part in parts]
        number = number + 1
        first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradient)
        second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradient)
        rate = LEARNING_RATE * jnp.sqrt(1 - BETA2**number) / (1 - BETA1**number)
        networks = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON), networks, first, second)
        return (networks, first, second, number), sum(part[0] for part in parts)

    return step


def measure(network: str, batch: int, formulation: str, chunk: int, seconds: float) -> dict[str, Any]:
    """Time the steps of one case after compilation."""
    import jax
    import jax.numpy as jnp

    generator = np.random.default_rng(0)
    networks = [initial_parameters(NETWORKS[network], generator) for _ in range(2)]
    sides = [random_rows(batch // 2, generator), random_rows(batch - batch // 2, generator)]
    state = jax.tree.map(jnp.asarray, networks)
    sides = [in_chunks(jax.tree.map(jnp.asarray, rows), chunk) for rows in sides]
    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = (state, zeros(state), zeros(state), jnp.float32(0))

    step = make_step(FORMULATIONS[formulation], batch)
    begin = time.perf_counter()
    state, value = step(state, sides)
    value.block_until_ready()
    compiled = time.perf_counter() - begin

    times: list[float] = []
    while sum(times) < seconds or len(times) < 5:
        begin = time.perf_counter()
        state, value = step(state, sides)
        jax.block_until_ready((state, value))
        times.append(time.perf_counter() - begin)
    if not np.isfinite(float(value)):
        raise ArithmeticError("the loss is not finite")
    return {
        "peer": "jax " + jax.__version__,
        "network": network,
        "batch": batch,
        "formulation": formulation,
        "chunk": chunk,
        "backend": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
        "products": jax.config.jax_default_matmul_precision or "default",
        "threads": len(os.sched_getaffinity(0)),
        "steps": len(times),
        "first_step_s": round(compiled, 2),
        "us_per_point_min": round(1e6 * min(times) / batch, 4),
        "us_per_point_median": round(1e6 * statistics.median(times) / batch, 4),
    }


def main() -> None:
    """Set the threads, then measure what the options ask for."""
    options = arguments()
    # XLA sizes its pools by the cores that the process may use: to be set before JAX is imported.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    os.environ["JAX_PLATFORMS"] = options.platform

    for network in NETWORKS if options.network == "all" else [options.network]:
        formulation, chunk = FASTEST[network]
        formulation = options.formulation or formulation
        chunk = chunk if options.chunk is None else options.chunk
        for batch in options.batch or BATCHES:
            print(json.dumps(measure(network, batch, formulation, chunk, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
