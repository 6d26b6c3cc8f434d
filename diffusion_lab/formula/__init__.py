"""Formulas that a reader types, in a figure or on the command line: checked, never evaluated."""

from .formula import Formula
from .mistake import FormulaError

__all__ = ["Formula", "FormulaError"]
