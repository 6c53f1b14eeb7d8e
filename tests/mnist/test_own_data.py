"""Data sets of one's own: images on their side, and images of other sizes."""

import numpy as np
import pytest

from vanillacnn.mnist import Split, Subset
from vanillacnn.training.batches import fingerprint, load_data
from vanillacnn.training.config import Config
from vanillacnn.training.run import begin


def test_transposed_images_have_their_rows_as_columns() -> None:
    plain, turned = load_data(Config(limit=30)), load_data(Config(limit=30, transpose=True))
    for before, after in zip(plain, turned, strict=True):
        assert (after.labels == before.labels).all()
        assert np.moveaxis(after.images, -1, 0).flags.c_contiguous
        for n in (0, 29):
            assert after.images[..., n].tolist() == [*map(list, zip(*before.images[..., n].tolist(), strict=True))]
    assert fingerprint(turned) != fingerprint(plain)


@pytest.mark.parametrize(("x", "y"), [(29, 29), (28, 30), (12, 16)])
def test_images_that_do_not_fit_the_network_are_named(x: int, y: int) -> None:
    images, labels = np.zeros((x, y, 2), np.uint8), np.zeros(2, np.uint8)
    split = Split(Subset(images, labels), Subset(images, labels))
    with pytest.raises(
        ValueError, match=rf"^images: expected sides of 16, 20, 24, 28 and so on by 4, got {x}×{y} pixels"
    ):
        begin(Config(), split)


@pytest.mark.parametrize("side", [16, 20, 24, 28, 32, 36])
def test_images_of_the_sides_that_the_message_names_fit(side: int) -> None:
    images, labels = np.zeros((side, side, 2), np.uint8), np.zeros(2, np.uint8)
    assert begin(Config(), Split(Subset(images, labels), Subset(images, labels))).image == (side, side)


def test_kernels_make_other_images_fit() -> None:
    images, labels = np.zeros((29, 31, 2), np.uint8), np.zeros(2, np.uint8)
    split = Split(Subset(images, labels), Subset(images, labels))
    state = begin(Config(kernels=((6, 4), (5, 5)), maps=(2, 3)), split)
    assert [theta.shape for theta in state.params][:4] == [(1, 2, 6, 4), (2,), (2, 3, 5, 5), (3,)]
    with pytest.raises(ValueError, match=r"sides of 17, 21, 25, 29 and so on by 4 rows and 15, 19, 23, 27 .* columns"):
        begin(Config(kernels=((6, 4), (5, 5))), Split(*[Subset(images[:-1], labels)] * 2))
