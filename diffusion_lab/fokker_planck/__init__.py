"""The density on a grid: finite volumes for the Fokker-Planck equation."""

from .grid import Grid
from .plane_grid import Grid2D
from .solution import GridSolution
from .solve import WallWarning, solve_fokker_planck

__all__ = ["Grid", "Grid2D", "GridSolution", "WallWarning", "solve_fokker_planck"]
