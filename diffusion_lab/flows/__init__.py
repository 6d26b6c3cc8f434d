"""Flows: densities carried by a velocity, learned by matching or by likelihood."""

from .cnf import CNF
from .coupling_flow import AffineCoupling, Bijection, Flow, LinearMap, coupling_flow, permutation
from .couplings import (
    Coupling,
    GivenPairs,
    MinibatchTransport,
    NoiseEnd,
    OtherEnd,
    best_order,
)
from .determinant import check_inverse, jacobian, log_abs_det
from .matching import interpolate, matching_loss
from .minimize import minimize
from .reflow import flow_pairs
from .straightness import PathEnergy, path_energy
from .velocity import VelocityModel

__all__ = [
    "CNF",
    "AffineCoupling",
    "Bijection",
    "Coupling",
    "Flow",
    "GivenPairs",
    "LinearMap",
    "MinibatchTransport",
    "NoiseEnd",
    "OtherEnd",
    "PathEnergy",
    "VelocityModel",
    "best_order",
    "check_inverse",
    "coupling_flow",
    "flow_pairs",
    "interpolate",
    "jacobian",
    "log_abs_det",
    "matching_loss",
    "minimize",
    "path_energy",
    "permutation",
]
