"""How mass moves: the paths, the SDE, the family of dynamics. Time enters here, once."""

from . import convert
from .dynamics import Dynamics
from .path import EDM, VE, VP, CosineVP, FlowPath, GaussianPath, SubVP
from .prediction import (
    Predict,
    Prediction,
    Target,
    exact_prediction,
    exact_score,
    from_target,
)
from .score_error import ScoreError, score_error
from .sde import SDE
from .time_grid import (
    arctan_times,
    edm_times,
    log_snr_times,
    straight_times,
    times_at,
    uniform_times,
)

__all__ = [
    "EDM",
    "SDE",
    "VE",
    "VP",
    "CosineVP",
    "Dynamics",
    "FlowPath",
    "GaussianPath",
    "Predict",
    "Prediction",
    "ScoreError",
    "SubVP",
    "Target",
    "arctan_times",
    "convert",
    "edm_times",
    "exact_prediction",
    "exact_score",
    "from_target",
    "log_snr_times",
    "score_error",
    "straight_times",
    "times_at",
    "uniform_times",
]
