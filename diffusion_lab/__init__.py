"""One density, many dynamics: diffusion models as one fluid-mechanics picture.

``import diffusion_lab`` is quick: a name imports its module when it is first used.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
