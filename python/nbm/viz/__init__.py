"""Pictures and files of solutions and solids: PyVista off screen where it is installed, else matplotlib."""

from nbm.viz.curves import plot_history
from nbm.viz.maps import plot_maps
from nbm.viz.series import Series
from nbm.viz.solids import plot_shape
from nbm.viz.surface import Surface, surface_of
from nbm.viz.volume import plot_field

__all__ = ["Series", "Surface", "plot_field", "plot_history", "plot_maps", "plot_shape", "surface_of"]
