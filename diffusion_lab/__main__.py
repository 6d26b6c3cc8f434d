"""``python -m diffusion_lab`` is the console command `diffusion-lab`."""

import sys

from .images.command_line import main

sys.exit(main())
