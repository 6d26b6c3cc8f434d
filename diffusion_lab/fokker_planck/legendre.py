"""Gauss's rule with eight points, and the Legendre coefficients of eight values at its nodes."""

import numpy as np
from numpy.polynomial.legendre import leggauss, legvander

NODES, WEIGHTS = leggauss(8)
TO_LEGENDRE = np.linalg.inv(legvander(NODES, 7))
