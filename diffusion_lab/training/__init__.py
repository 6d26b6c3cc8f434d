"""Learning the field: a denoiser, its loss, a loop that resumes, and safe checkpoints."""

from .checkpoint import CheckpointError, load_tensors, save_tensors
from .denoiser import Denoiser
from .ema import Ema, mix_averages, power_decay
from .fit import Progress, TrainingDiverged, fit
from .meter import LossMeter
from .score_matching import implicit_score_loss, sliced_score_loss
from .state import TrainState
from .time_law import bits_weight, even_log_snr, even_times, lognormal_levels

__all__ = [
    "CheckpointError",
    "Denoiser",
    "Ema",
    "LossMeter",
    "Progress",
    "TrainState",
    "TrainingDiverged",
    "bits_weight",
    "even_log_snr",
    "even_times",
    "fit",
    "implicit_score_loss",
    "load_tensors",
    "lognormal_levels",
    "mix_averages",
    "power_decay",
    "save_tensors",
    "sliced_score_loss",
]
