"""Image models: data, one configuration per run, training from it and loading it again."""

from .averages import average_of_width
from .bits_per_dim import flow_bits
from .classifier import Classifier
from .classifier_run import load_classifier, pinned_classifiers
from .config import RunConfig
from .data import ImageSet, load_images
from .data_files import DataError
from .data_sources import SOURCES
from .devices import start_fabric
from .evaluate import Judge, evaluate
from .evaluate_run import Run, evaluate_run, sampler_table
from .frechet import frechet_distance
from .gaussian_images import GaussianImages
from .grey_scale import GreyScale
from .kernel_distance import kernel_distance
from .memorisation import memorisation
from .precision_recall import precision_recall
from .samplers import Sampling, draw
from .train import load_run, train_run
from .variational_bound import variational_bound

__all__ = [
    "SOURCES",
    "Classifier",
    "DataError",
    "GaussianImages",
    "GreyScale",
    "ImageSet",
    "Judge",
    "Run",
    "RunConfig",
    "Sampling",
    "average_of_width",
    "draw",
    "evaluate",
    "evaluate_run",
    "flow_bits",
    "frechet_distance",
    "kernel_distance",
    "load_classifier",
    "load_images",
    "load_run",
    "memorisation",
    "pinned_classifiers",
    "precision_recall",
    "sampler_table",
    "start_fabric",
    "train_run",
    "variational_bound",
]
