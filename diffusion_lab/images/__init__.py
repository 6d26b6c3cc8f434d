"""Image models: data, one configuration per run, training from it and loading it again."""

from .config import RunConfig
from .data import DataError, ImageSet, load_images
from .train import load_run, train_run

__all__ = ["DataError", "ImageSet", "RunConfig", "load_images", "load_run", "train_run"]
