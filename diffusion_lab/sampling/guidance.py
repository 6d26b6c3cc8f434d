"""Guidance: what a condition adds to a prediction, made larger."""

from __future__ import annotations

import torch
from torch import Tensor

from ..process.prediction import Predict, Prediction
from ..tensors import Time


def guided(seen: Predict, free: Predict, w: float) -> Predict:
    """Classifier-free guidance of weight w, with w = 1 for none:

        x0 = x0_free + w (x0_seen - x0_free),   and the same combination for eps and the score.

    seen : predict(x, t, **cond) that is given the condition;  free : predict(x, t) that is not
    The guided score is that of p(x, t) p(c | x, t)^w at each t; for w other than 0 and 1 these are
    not the marginals of any one density, so samples depend on the path and on sigma.
    w = 1 costs nothing; all others evaluate both. Source: Ho & Salimans 2022, with w = 1 + theirs.
    """
    if w == 1.0:
        return seen

    def predict(x: Tensor, t: Time, **cond: Tensor) -> Prediction:
        a, b = free(x, t), seen(x, t, **cond)
        x0, eps = torch.lerp(a.x0, b.x0, w), torch.lerp(a.eps, b.eps, w)
        return Prediction(x0, eps, b.path, b.t)

    return predict
