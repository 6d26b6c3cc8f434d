"""Learning the field: a denoiser, its loss, a loop that resumes, and safe checkpoints."""

from .checkpoint import CheckpointError, load_tensors, save_tensors
from .denoiser import Denoiser
from .ema import Ema
from .fit import Progress, TrainingDiverged, TrainState, fit
from .score_matching import implicit_score_loss, sliced_score_loss

__all__ = [
    "CheckpointError",
    "Denoiser",
    "Ema",
    "Progress",
    "TrainState",
    "TrainingDiverged",
    "fit",
    "implicit_score_loss",
    "load_tensors",
    "save_tensors",
    "sliced_score_loss",
]
