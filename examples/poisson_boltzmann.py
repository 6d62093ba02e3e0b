"""The potential of a charged ball in an electrolyte, by the Poisson-Boltzmann equation and by its linear form.

Run: python examples/poisson_boltzmann.py
"""

import nbm
from nbm.symbols import sinh, sqrt, u, x, y, z


def main() -> None:
    """Compare the two for a weak and a strong charge."""
    ball = sqrt(x**2 + y**2 + z**2) - 0.5
    print(f"{'charge':>8}{'linear':>10}{'nonlinear':>11}   u in the middle of the ball")
    for charge in (4.0, 16.0, 64.0):
        density = nbm.Medium(mu=2.0, f=charge / (4 / 3 * 3.14159265 * 0.5**3))
        media = (nbm.Medium(k=4.0), nbm.Medium(reaction=4 * sinh(u)))
        values = [
            nbm.solve_on_grid(nbm.Problem(nbm.Box(), ball, minus=density, plus=medium), 32)([0.0, 0.0, 0.0])
            for medium in media
        ]
        print(f"{charge:8.1f}{values[0]:10.4f}{values[1]:11.4f}")


if __name__ == "__main__":
    main()
