"""A hot ball cools in its surroundings and melts away at a given speed: steps in time with an interface that moves.

Run: python examples/cooling.py; then open cooling.pvd in ParaView.
"""

import nbm
from nbm.symbols import sqrt, x, y, z


def at(time: float) -> nbm.Problem:
    """The problem at a time: conductivities 5 and 1, and a radius that falls."""
    radius = 0.6 - 0.5 * time
    ball = sqrt(x**2 + y**2 + z**2) - radius
    return nbm.Problem(nbm.Box(), ball, minus=nbm.Medium(mu=5.0), plus=nbm.Medium(mu=1.0))


def main() -> None:
    """Ten steps, each with the temperature in the middle and at a point outside."""
    series = nbm.evolve(
        at, 10, 0.02, initial=(100.0, 0.0), capacity=(4.0, 1.0), solver=lambda problem: nbm.solve_on_grid(problem, 24)
    )
    print(f"{'time':>6}{'middle':>10}{'(0.8, 0, 0)':>13}")
    for step in series:
        print(f"{step.time:6.2f}{step.solution([0.0, 0.0, 0.0]):10.3f}{step.solution([0.8, 0.0, 0.0]):13.3f}")
    series.to_vtk("cooling.pvd", shape=(32, 32, 32))


if __name__ == "__main__":
    main()
