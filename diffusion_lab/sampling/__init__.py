"""How time is cut: the loop and the steps, a file for each family of steps."""

from .adams import adams, adams_plan
from .balanced import balanced
from .dpm_solver import dpm_multistep, dpm_singlestep
from .edm import edm_heun
from .euler import euler_maruyama
from .frozen import ddim, ddpm, frozen
from .guidance import guided
from .heun import heun
from .integrate import Step, Trajectory, integrate, iterate
from .langevin import langevin, predictor_corrector, stay
from .likelihood import Likelihood, bits_per_dim, log_likelihood
from .likelihood_frame import Whitening, read_moments
from .likelihood_trace import draw_probes, with_divergence
from .likelihood_velocity import (
    FlowLikelihood,
    carry_density,
    flow_log_likelihood,
    standard_normal_log_prob,
)
from .runge_kutta import runge_kutta

__all__ = [
    "FlowLikelihood",
    "Likelihood",
    "Step",
    "Trajectory",
    "Whitening",
    "adams",
    "adams_plan",
    "balanced",
    "bits_per_dim",
    "carry_density",
    "ddim",
    "ddpm",
    "dpm_multistep",
    "dpm_singlestep",
    "draw_probes",
    "edm_heun",
    "euler_maruyama",
    "flow_log_likelihood",
    "frozen",
    "guided",
    "heun",
    "integrate",
    "iterate",
    "langevin",
    "log_likelihood",
    "predictor_corrector",
    "read_moments",
    "runge_kutta",
    "standard_normal_log_prob",
    "stay",
    "with_divergence",
]
