"""Image models: data, one configuration per run, training from it and loading it again."""

from .config import RunConfig
from .data import ImageSet, load_images
from .data_files import DataError
from .data_sources import SOURCES
from .train import load_run, train_run

__all__ = ["SOURCES", "DataError", "ImageSet", "RunConfig", "load_images", "load_run", "train_run"]
