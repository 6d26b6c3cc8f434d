"""A folder of images: sorted, decoded, cut to size; a bad file is named."""

import numpy as np
import pytest
import torch
from PIL import Image

from diffusion_lab.images import DataError, load_images


def save(path, color, size=(4, 4), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


def colors(count):
    return [(20 * i, 7, 255 - 20 * i) for i in range(count)]


def test_one_sub_folder_for_each_class(tmp_path):
    for i, color in enumerate(colors(10)):
        save(tmp_path / ("b" if i % 2 else "a") / "deeper" / f"{i}.png", color)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    images = load_images(tmp_path)
    assert (images.name, images.classes, images.class_names) == (tmp_path.name, 2, ("a", "b"))
    assert (images.shape, images.levels, images.licence) == ((3, 4, 4), 256, None)
    assert (len(images.train_bytes), len(images.test_bytes)) == (9, 1)
    everything = torch.cat([images.train_bytes, images.test_bytes])
    labels = torch.cat([images.train_labels, images.test_labels])
    for image, label in zip(everything, labels, strict=True):
        red, green, blue = image[:, 0, 0].tolist()
        assert (green, red + blue) == (7, 255)
        assert label == (red // 20) % 2


def test_the_first_images_are_of_all_classes(tmp_path):
    """Bits and scores are measured on the first n: they must not be of one class."""
    for i in range(60):
        save(tmp_path / ("b" if i < 30 else "a") / f"{i}.png", (4 * i, 7, 9))
    images = load_images(tmp_path)
    first = images.train_labels[:20].float().mean().item()
    assert 0.5 - 4 * 0.5 / 20**0.5 < first < 0.5 + 4 * 0.5 / 20**0.5
    assert torch.equal(images.train_labels, (images.train_bytes[:, 0, 0, 0] < 120).long())
    assert torch.equal(load_images(tmp_path).train_bytes, images.train_bytes)


def test_train_and_test_folders_are_kept_and_share_no_picture(tmp_path):
    for i, color in enumerate(colors(5)):
        save(tmp_path / "train" / "x" / f"{i}.png", color)
    save(tmp_path / "test" / "x" / "same.png", colors(5)[0])
    save(tmp_path / "test" / "y" / "new.png", (1, 2, 3))
    images = load_images(str(tmp_path))
    assert (len(images.train_bytes), len(images.test_bytes)) == (4, 2)
    assert images.class_names == ("x", "y")
    assert sorted(images.test_labels.tolist()) == [0, 1]


def test_grey_stays_grey_and_equal_pictures_are_kept_once(tmp_path):
    for i in range(4):
        save(tmp_path / f"{i}.png", 10 * (i % 3), mode="L")
    images = load_images(tmp_path)
    assert (images.classes, images.shape) == (0, (1, 4, 4))
    both = torch.cat([images.train_bytes, images.test_bytes])
    assert both.amax((1, 2, 3)).sort()[0].tolist() == [0, 10, 20]
    save(tmp_path / "color.png", (1, 2, 3))
    assert load_images(tmp_path).shape == (3, 4, 4)


def test_size_cuts_the_middle_out_and_jpeg_is_read(tmp_path):
    """Red | green | blue side by side: the middle third is green, to the loss of JPEG."""
    wide = np.zeros((60, 180, 3), np.uint8)
    for third in range(3):
        wide[:, 60 * third : 60 * third + 60, third] = 200
    Image.fromarray(wide).save(tmp_path / "wide.jpg", quality=95)
    Image.fromarray(wide.transpose(1, 0, 2)).save(tmp_path / "tall.JPEG", quality=80)
    with pytest.raises(
        DataError, match=r"wide.jpg has 180 x 60 pixels, tall.JPEG has 60 x 180.*size="
    ):
        load_images(tmp_path)
    images = load_images(tmp_path, size=12)
    middle = images.train_bytes[0, :, 3:9, 3:9].double().mean((1, 2))
    assert torch.allclose(middle, torch.tensor([0.0, 200, 0], dtype=torch.double), atol=8)


def test_transparency_shows_black_and_photographs_are_turned_upright(tmp_path):
    save(tmp_path / "a.png", (200, 100, 50, 51), mode="RGBA")
    turned = Image.new("RGB", (4, 4))
    turned.paste((90, 90, 90), (0, 0, 4, 2))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned.save(tmp_path / "b.png", exif=exif)
    images = load_images(tmp_path)
    first, second = sorted(
        torch.cat([images.train_bytes, images.test_bytes]), key=lambda image: image[0, 0, 0] == 0
    )
    assert first[:, 0, 0].tolist() == [40, 20, 10]  # times 51/255
    assert second[0].tolist() == [[0] * 4] * 2 + [[90] * 4] * 2


def broken(path):
    save(path, (1, 2, 3), size=(64, 64))
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (broken, "bad.png is not a whole PNG or JPEG"),
        (lambda path: path.write_text("no image"), "bad.png is not a whole PNG or JPEG"),
        (lambda path: save(path, 0, (8200, 8200), "1"), "bad.png has 8200 x 8200 pixels"),
        (lambda path: save(path, 70, mode="I;16"), "bad.png is of mode I;16; save it with 8 bits"),
        (lambda path: Image.new("L", (4, 4)).save(path, format="GIF"), "bad.png is not a whole"),
    ],
    ids=["truncated", "text", "bomb", "16 bits", "GIF"],
)  # fmt: skip
def test_a_bad_image_is_named(tmp_path, write, words):
    save(tmp_path / "good.png", (1, 2, 3))
    write(tmp_path / "bad.png")
    with pytest.raises(DataError, match=words):
        load_images(tmp_path)


def test_folders_that_are_no_set(tmp_path):
    with pytest.raises(DataError, match="holds 0 files"):
        load_images(tmp_path)
    save(tmp_path / "direct.png", (1, 2, 3))
    with pytest.raises(DataError, match="holds 1 files"):
        load_images(tmp_path)
    save(tmp_path / "class" / "one.png", (4, 2, 3))
    with pytest.raises(DataError, match="both directly and in sub-folders"):
        load_images(tmp_path)
    with pytest.raises(ValueError, match="from 1 to 4096"):
        load_images(tmp_path, size=0)
