"""The density on a grid: finite volumes for the Fokker-Planck equation."""

from .grid import Grid
from .solve import GridSolution, solve_fokker_planck

__all__ = ["Grid", "GridSolution", "solve_fokker_planck"]
