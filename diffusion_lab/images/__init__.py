"""Image models: data, one configuration per run, training, sampling and measuring it.

the images     data, with data_sources, data_fetch, data_files, data_folder; grey_scale;
               gaussian_images, whose law is known
a run          config, prepare, train, record, averages, devices, cost
sampling       sampler_methods, samplers
likelihood     bits_per_dim, variational_bound, baselines
distances      frechet, kernel_distance, precision_recall, memorisation, classification_score,
               in the features of classifier, classifier_run; all of them in evaluate
of a run       evaluate_run, pictures
the command    command_line, and command_train, _sample, _evaluate, _data; command_sampling
"""

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
