"""How time is cut: the loop and the steps, a file for each family of steps."""

from .ddim import ddim
from .euler import euler_maruyama
from .heun import heun
from .integrate import Step, Trajectory, integrate, iterate

__all__ = ["Step", "Trajectory", "ddim", "euler_maruyama", "heun", "integrate", "iterate"]
