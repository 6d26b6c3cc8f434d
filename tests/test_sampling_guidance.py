"""Guidance against the score of p(x, t) p(c | x, t)^w, which mixtures know."""

import pytest
import torch

from diffusion_lab.density import GaussianMixture
from diffusion_lab.process import VP, exact_prediction
from diffusion_lab.sampling import guided

PATH = VP()
MEANS = torch.tensor([[-1.5], [0.5], [2.0]], dtype=torch.float64)
STDS = torch.tensor([0.4, 0.3, 0.6], dtype=torch.float64)


def mixture(which: slice) -> GaussianMixture:
    count = len(MEANS[which])
    share = torch.full((count,), 1.0 / count, dtype=torch.float64)
    return GaussianMixture(share, MEANS[which], STDS[which, None, None] ** 2)


@pytest.mark.parametrize("w", [0.0, 0.5, 1.0, 3.0])
def test_the_guided_score_is_that_of_the_sharpened_posterior(w):
    everything, one = mixture(slice(None)), mixture(slice(1, 2))
    predict = guided(exact_prediction(one, PATH), exact_prediction(everything, PATH), w)
    t = torch.tensor(0.3, dtype=torch.float64)
    x = torch.linspace(-3.0, 3.0, 41, dtype=torch.float64)[:, None].requires_grad_()
    alpha, std = PATH.alpha(t), PATH.std(t)
    free, seen = (p.noised(alpha.item(), std.item()).log_prob(x) for p in (everything, one))
    wanted = torch.autograd.grad((free + w * (seen - free)).sum(), x)[0]
    prediction = predict(x.detach(), t)
    torch.testing.assert_close(prediction.score, wanted, rtol=1e-9, atol=1e-9)
    # x0 and eps still belong together.
    together = alpha * prediction.x0 + std * prediction.eps
    torch.testing.assert_close(together, x.detach(), rtol=0, atol=1e-12)


def test_no_guidance_evaluates_once():
    seen = exact_prediction(mixture(slice(1, 2)), PATH)
    assert guided(seen, lambda *_: pytest.fail("evaluated"), 1.0) is seen


def test_conditions_reach_only_the_conditional_prediction():
    seen = exact_prediction(mixture(slice(1, 2)), PATH)
    free = exact_prediction(mixture(slice(None)), PATH)
    labels = []

    def conditional(x, t, label):
        labels.append(label)
        return seen(x, t)

    x, t = torch.zeros(2, 1, dtype=torch.float64), torch.tensor(0.5, dtype=torch.float64)
    guided(conditional, free, 2.0)(x, t, label=torch.tensor([0, 1]))
    assert labels[0].tolist() == [0, 1]
