"""Solids from what people have: triangle meshes, voxel images, molecules, formulas, and combinations of these.

A :class:`Shape` is a level set with bounds. ``shape.on_grid(box, cells)`` is what a problem takes:

    part = nbm.geometry.read("part.stl", scale=0.001) - nbm.geometry.cylinder(radius=0.002, height=0.1)
    box = part.box()
    problem = nbm.Problem(box, part.on_grid(box, 128), minus=nbm.Medium(mu=400), plus=nbm.Medium(mu=1))

Reading files needs the packages of ``nbm[geometry]``.
"""

from nbm.geometry.formulas import cuboid, cylinder, formula, sphere, torus
from nbm.geometry.image import Image, image, image_of
from nbm.geometry.image_files import Voxels, read_voxels
from nbm.geometry.isosurface import isosurface
from nbm.geometry.labels import TwoColours, two_colours
from nbm.geometry.measure import Measures, measure
from nbm.geometry.mesh import Mesh, mesh
from nbm.geometry.molecule import Molecule, molecule
from nbm.geometry.poisson_boltzmann import Electrostatics
from nbm.geometry.pqr import Atoms, parse_pqr, read_pqr
from nbm.geometry.reading import read
from nbm.geometry.shape import Shape

__all__ = [
    "Atoms",
    "Electrostatics",
    "Image",
    "Measures",
    "Mesh",
    "Molecule",
    "Shape",
    "TwoColours",
    "Voxels",
    "cuboid",
    "cylinder",
    "formula",
    "image",
    "image_of",
    "isosurface",
    "measure",
    "mesh",
    "molecule",
    "parse_pqr",
    "read",
    "read_pqr",
    "read_voxels",
    "sphere",
    "torus",
    "two_colours",
]
