"""Every image metric against an exact answer, and against torchmetrics where it has the metric."""

import math

import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from diffusion_lab.estimate import jackknife
from diffusion_lab.images.evaluate import even_pick
from diffusion_lab.images.frechet import Moments, frechet_distance, frechet_of_moments
from diffusion_lab.images.gaussian_images import GaussianImages
from diffusion_lab.images.kernel_distance import kernel_distance
from diffusion_lab.images.memorisation import memorisation, nearest_distance
from diffusion_lab.images.precision_recall import precision_recall


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Halves(torch.nn.Module):
    """Features that any library can be given: the mean of each half of the image, times 1/100."""

    num_features = 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.double().flatten(1).unflatten(1, (2, -1)).mean(2) / 100


def two_sets(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(3)
    a, b = (torch.rand(n, 3, 6, 6, generator=draw) for _ in range(2))
    return (255 * a).byte(), (255 * b.sqrt()).byte()


def test_jackknife_of_the_mean_and_of_the_variance():
    x = normal(30)
    mean = jackknife(lambda w: (w @ x).item(), 30, blocks=30)
    assert mean.error == pytest.approx(x.std().item() / math.sqrt(30), rel=1e-12)
    # Leaving out single points turns the variance with 1/N into the one with 1/(N - 1).
    variance = jackknife(lambda w: (w @ (x - w @ x) ** 2).item(), 30, blocks=30)
    assert variance.plain == pytest.approx(x.var(correction=0).item(), rel=1e-12)
    assert variance.corrected == pytest.approx(x.var().item(), rel=1e-10)
    with pytest.raises(ValueError, match="two points or more of each label"):
        jackknife(lambda w: 0.0, 4, torch.tensor([0, 0, 1, 2]), blocks=2)


def test_strata_take_out_of_the_error_what_design_has_taken_out():
    label = torch.arange(200) % 2
    x = 10.0 * label + normal(200)
    by_design = jackknife(lambda w: (w @ x).item(), 200, label)
    by_chance = jackknife(lambda w: (w @ x).item(), 200)
    # Within a label the standard deviation is 1, over both 5; 20 blocks know theirs to 1/sqrt(38).
    assert by_design.error == pytest.approx(1 / math.sqrt(200), rel=0.5)
    assert by_chance.error == pytest.approx(5 / math.sqrt(200), rel=0.5)


def test_frechet_distance_of_known_gaussians():
    eye = torch.eye(3, dtype=torch.float64)
    a = Moments(torch.zeros(3).double(), 4.0 * eye)
    b = Moments(torch.tensor([3.0, 0.0, 0.0]).double(), eye)
    assert frechet_of_moments(a, b) == pytest.approx(9.0 + 3.0)  # |m|^2 + 3 (2 - 1)^2
    assert frechet_of_moments(a, a) == pytest.approx(0.0, abs=1e-12)
    roots = normal(2, 5, 5, seed=1)
    c, d = (Moments(torch.zeros(5).double(), r @ r.T) for r in roots)
    cross = sqrtm((c.covariance @ d.covariance).numpy()).real.trace()
    exact = (c.covariance.trace() + d.covariance.trace()).item() - 2 * cross
    assert frechet_of_moments(c, d) == pytest.approx(exact, rel=1e-8)
    flat = Moments(a.mean, torch.diag(torch.tensor([1.0, 1.0, 0.0]).double()))  # without full rank
    assert frechet_of_moments(flat, b) == pytest.approx(9.0 + 1.0)


def test_frechet_distance_is_that_of_torchmetrics():
    a, b = two_sets(200)
    oracle = FrechetInceptionDistance(feature=Halves()).set_dtype(torch.float64)
    oracle.update(a, real=False)
    oracle.update(b, real=True)
    ours = frechet_distance(Halves()(a), Moments.of(Halves()(b))).plain
    assert ours == pytest.approx(oracle.compute().item(), rel=1e-6)  # it roots eigenvalues of AB


def test_kernel_distance_is_that_of_torchmetrics():
    a, b = two_sets(120)
    oracle = KernelInceptionDistance(feature=Halves(), subsets=1, subset_size=120)
    oracle.update(a, real=False)
    oracle.update(b, real=True)
    ours = kernel_distance(Halves()(a), Halves()(b)).value
    assert ours == pytest.approx(oracle.compute()[0].item(), rel=1e-5)  # it keeps float32


def test_frechet_distance_without_its_bias():
    dim, n, trials = 6, 200, 60
    shift = 0.5
    reference = Moments(torch.zeros(dim).double(), torch.eye(dim).double())
    found = [frechet_distance(normal(n, dim, seed=s) + shift, reference) for s in range(trials)]
    plain, corrected = (
        torch.tensor([getattr(f, k) for f in found]) for k in ("plain", "corrected")
    )
    truth, noise = dim * shift**2, corrected.std().item() / math.sqrt(trials)
    assert abs(corrected.mean().item() - truth) < 4 * noise
    assert plain.mean().item() - truth > 4 * noise  # what was corrected is no rounding
    # The mean over trials of the error against the spread of the trials, which is known to
    # 1/sqrt(2 trials) = 0.09; a jackknife of 20 blocks adds 0.02.
    error = torch.tensor([f.error for f in found]).mean().item()
    assert error == pytest.approx(corrected.std().item(), rel=0.35)


def test_kernel_distance_of_known_laws():
    # k = (x y + 1)^3 with x ~ N(0, 1), y ~ N(m, 1): moments give the three means.
    m, n, trials = 0.7, 150, 40
    yy = 1 + 3 * m**2 + 3 * (1 + m**2) ** 2 + (m**3 + 3 * m) ** 2
    truth = 4.0 + yy - 2.0 * (1 + 3 * (1 + m**2))
    for shift, exact in ((0.0, 0.0), (m, truth)):
        found = [
            kernel_distance(normal(n, 1, seed=s), normal(n, 1, seed=1000 + s) + shift)
            for s in range(trials)
        ]
        values = torch.tensor([f.value for f in found])
        assert abs(values.mean().item() - exact) < 4 * values.std().item() / math.sqrt(trials)
        if shift:  # at equal laws the first order vanishes, and the jackknife is only an order
            error = torch.tensor([f.error for f in found]).mean().item()
            assert error == pytest.approx(values.std().item(), rel=0.45)  # 4/sqrt(2 trials)


def test_equal_numbers_of_each_label_bias_a_kernel_distance_that_does_not_know():
    label, trials = torch.arange(60) % 3, 30
    far = 4.0 * torch.eye(3).double()[label]
    pairs = [
        (normal(60, 3, seed=s) + far, normal(60, 3, seed=500 + s) + far) for s in range(trials)
    ]
    knows = torch.tensor([kernel_distance(a, b, label, label).value for a, b in pairs])
    blind = torch.tensor([kernel_distance(a, b).value for a, b in pairs])
    assert abs(knows.mean()) < 4 * knows.std() / math.sqrt(trials)
    assert blind.mean() < -4 * blind.std() / math.sqrt(trials)


def test_precision_and_recall_at_their_limits():
    real = normal(300, 4)
    same = precision_recall(real, real)
    assert same.precision.value == same.recall.value == 1.0
    away = precision_recall(real + 100.0, real)
    assert away.precision.value == away.recall.value == 0.0
    two = real.clone()
    two[::2] += 100.0
    one_mode = precision_recall(normal(300, 4, seed=1), two)
    assert one_mode.precision.value > 0.8
    # Samples of one mode can lie among half of the real images at most.
    assert 0.3 < one_mode.recall.value <= 0.5
    # Samples ever closer together are inside the real set, and hold none of it.
    tight = precision_recall(0.01 * normal(300, 4, seed=2), real)
    assert tight.precision.value == 1.0
    assert tight.recall.value < 0.05
    with pytest.raises(ValueError, match="equal shapes"):
        precision_recall(real[:100], real)


def test_memorisation_tells_copies_from_new_images():
    images = GaussianImages.smooth()
    data = images.image_set(600, 200, seed=1)
    new = images.image_set(20, 200, seed=2).test
    fair = memorisation(new, data.test, data.train)
    assert abs(fair.ratio.value - 1.0) < 4 * fair.ratio.error
    assert abs(fair.closer.value - fair.level) < 4 * fair.closer.error
    assert abs(fair.floor.value - 1.0) < 4 * fair.floor.error
    copies = memorisation(data.train[:200], data.test, data.train)
    assert copies.ratio.value == 0.0
    assert copies.closer.value == 1.0
    half = torch.cat([data.train[:100], new[:100]])
    assert memorisation(half, data.test, data.train).closer.value > 0.5


def test_nearest_distance_is_the_direct_one():
    x, data = normal(7, 1, 5, 5), normal(40, 1, 5, 5, seed=1)
    direct = (x[:, None] - data[None]).flatten(2).norm(dim=2).min(1).values
    torch.testing.assert_close(
        nearest_distance(x, data, batch=3).double(), direct, rtol=1e-5, atol=0
    )


def test_even_pick_keeps_the_shares_of_the_classes():
    labels = torch.arange(1000) % 4
    picked = even_pick(labels, 200, torch.Generator().manual_seed(0))
    assert labels[picked].bincount().tolist() == [50] * 4
    assert len(picked.unique()) == 200
