"""How time is cut: the loop and the steps, a file for each family of steps."""

from .adams import adams, adams_plan
from .balanced import balanced
from .dpm_solver import dpm_multistep, dpm_singlestep
from .edm import edm_heun
from .euler import euler_maruyama
from .frozen import ddim, ddpm, frozen
from .heun import heun
from .integrate import Step, Trajectory, integrate, iterate
from .langevin import langevin, predictor_corrector, stay
from .runge_kutta import runge_kutta

__all__ = [
    "Step",
    "Trajectory",
    "adams",
    "adams_plan",
    "balanced",
    "ddim",
    "ddpm",
    "dpm_multistep",
    "dpm_singlestep",
    "edm_heun",
    "euler_maruyama",
    "frozen",
    "heun",
    "integrate",
    "iterate",
    "langevin",
    "predictor_corrector",
    "runge_kutta",
    "stay",
]
