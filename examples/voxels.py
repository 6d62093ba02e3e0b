"""A porous solid from a label image, as a CT scanner gives it: how well does it conduct heat?

The image is made here: 0 in the solid, 1 in 40 pores. With one of your own, `nbm.geometry.image("scan.tif", label=1)`.
Run: python examples/voxels.py
"""

import numpy as np

import nbm

VOXELS, SOLID, AIR = 48, 1.0, 0.03


def scan() -> np.ndarray:
    """Return labels (nx, ny, nz) of a block with spherical pores that may touch."""
    random = np.random.default_rng(4)
    centres = (np.stack(np.meshgrid(*[np.arange(VOXELS) + 0.5] * 3, indexing="ij"), axis=-1)) / VOXELS
    labels = np.zeros((VOXELS,) * 3, dtype=np.uint8)
    for middle in random.uniform(0.15, 0.85, (40, 3)):
        labels[np.linalg.norm(centres - middle, axis=-1) < 0.1] = 1
    return labels


def main() -> None:
    """Turn the image into a level set, solve for the heat flux along x."""
    labels = scan()
    pores = nbm.geometry.image_of(labels, label=1)  # voxels of size 1
    box = pores.box()
    cell = nbm.Problem(box, pores.on_grid(box, VOXELS), minus=nbm.Medium(mu=AIR), plus=nbm.Medium(mu=SOLID))
    tensor = nbm.effective_conductivity(cell, solver=lambda problem: nbm.solve_on_grid(problem, 32))
    porosity = float(labels.mean())
    print(f"porosity {porosity:.3f}")
    print(f"conductivity along the axes {np.diag(tensor.value).round(3)}, +- {np.max(tensor.error):.3f}")
    print(f"Maxwell's formula for few pores that do not touch: {maxwell(porosity):.3f}")


def maxwell(porosity: float) -> float:
    """Return the conductivity of a dilute suspension of spheres."""
    contrast = (AIR - SOLID) / (AIR + 2 * SOLID)
    return SOLID * (1 + 2 * porosity * contrast) / (1 - porosity * contrast)


if __name__ == "__main__":
    main()
