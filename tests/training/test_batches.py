"""What a run takes from its options and its data: the order of the images, batches, and that the data are the same."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.suite.commands import write_idx
from tests.training.test_training import CONFIG, DATA, STATES
from vanillacnn.mnist import Split, Subset
from vanillacnn.training.batches import check_data, epoch_order, fingerprint, load_data, one_hot, scale
from vanillacnn.training.config import Config


@given(seed=st.integers(0, 2**32 - 1), epoch=st.integers(1, 1000), n=st.integers(2, 300))
def test_the_order_is_a_permutation_of_seed_and_epoch(seed: int, epoch: int, n: int) -> None:
    order = epoch_order(Config(seed=seed), epoch, n)
    assert sorted(order) == list(range(n))
    assert (order == epoch_order(Config(seed=seed), epoch, n)).all()
    assert (epoch_order(Config(seed=seed, shuffle=False), epoch, n) == np.arange(n)).all()


def test_every_seed_and_epoch_has_an_order_of_its_own() -> None:
    orders = {tuple(epoch_order(Config(seed=seed), epoch, 100)) for seed in range(9) for epoch in range(1, 101)}
    assert len(orders) == 900


def test_no_epoch_repeats_the_numbers_that_drew_the_parameters() -> None:
    drawn = np.random.default_rng(5).permutation(100)
    assert all((epoch_order(CONFIG, epoch, 100) != drawn).any() for epoch in range(1, 20))
    assert (np.random.default_rng([5, 0]).permutation(100) == drawn).all(), "why epochs are counted from 1"


def test_one_hot() -> None:
    assert one_hot(np.array([2, 0], np.uint8), 3, "float64").tolist() == [[0, 1], [0, 0], [1, 0]]
    assert one_hot(np.array([0, 0], np.uint8), 1, "float64").tolist() == [[1, 1]]
    with pytest.raises(ValueError, match="labels from 0 to 2, got 3"):
        one_hot(np.array([1, 3], np.uint8), 3, "float64")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scale(dtype: str) -> None:
    images = np.arange(256, dtype=np.uint8).reshape(2, 4, 32)
    scaled = scale(np.moveaxis(images, 0, -1), dtype)
    assert scaled.dtype == dtype
    assert scaled.flags.c_contiguous
    expected = np.moveaxis(images, 0, -1).astype(dtype) / np.array(255, dtype)
    assert (scaled == expected).all()


BAD = {
    "epochs": [0, -1, 1.5, "3", True, None, 10**9],
    "batch_size": [0, 2.0, None, 10**9],
    "alpha": [0, -1.0, float("nan"), float("inf"), 10**400, "1", None],
    "seed": [-1, 2**32, 0.5, None],
    "dtype": ["float16", "f4", None],
    "shuffle": [0, None],
    "limit": [0, -5, 1.0],
    "data": [7],
    "transpose": [1, None, "yes"],
    "maps": [6, (6,), (6, 12, 1), (0, 12), (6, 1.0), None],
    "kernels": [5, [(5, 5), (5, 5)], ((5, 5),), ((5, 5),) * 3, ((5, 5), 5), ((5, 5), (5, 0)), None],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad_options_are_refused_by_name(name: str, value: object) -> None:
    config = Config()
    # Past the suite's own type checks, as the JSON of a checkpoint would come in production.
    object.__setattr__(config, name, value)
    with pytest.raises(ValueError, match=rf"^{name}: expected .*, got {re.escape(repr(value))}$"):
        config.__post_init__()


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 1), ("epochs", 10**9 - 1), ("batch_size", 1), ("batch_size", 10**9 - 1), ("limit", 1), ("seed", 0),
     ("seed", 2**32 - 1), ("data", "somewhere"), ("transpose", True),
     ("maps", (1, 1)), ("kernels", ((1, 1), (1, 1))), ("shuffle", False), ("alpha", 5e-324)],
)  # fmt: skip
def test_the_outermost_options_are_taken(name: str, value: object) -> None:
    assert getattr(Config(**{name: value}), name) == value


def test_limit() -> None:
    every, some = load_data(Config()), load_data(Config(limit=300))
    assert some.train.labels.size == 300
    assert (some.train.images == every.train.images[..., :300]).all()
    assert some.test.labels.size == every.test.labels.size == 10000
    with pytest.raises(ValueError, match="limit: expected at most the 60000 training images, got 60001"):
        load_data(Config(limit=60001))


@pytest.mark.parametrize("transpose", [False, True])
def test_images_are_transposed_if_the_run_says_so(transpose: bool, tmp_path: Path) -> None:
    """Either way the pixels of an image stay together in memory."""
    folder = write_idx(tmp_path / "data", DATA)
    for came, known in zip(load_data(Config(data=str(folder), transpose=transpose)), DATA, strict=True):
        for n in range(known.labels.size):
            image = known.images[..., n]
            np.testing.assert_array_equal(came.images[..., n], image.T if transpose else image)
        assert np.moveaxis(came.images, -1, 0).flags.c_contiguous
        np.testing.assert_array_equal(came.labels, known.labels)


def test_the_fingerprint_sees_every_pixel_label_and_place() -> None:
    (images, labels), test = DATA
    pixel, label, test_label = images.copy(), labels.copy(), test.labels.copy()
    pixel[3, 4, 5] ^= 1
    label[7] ^= 1
    test_label[-1] ^= 1
    others = [
        Split(Subset(pixel, labels), test),
        Split(Subset(images, label), test),
        Split(Subset(images[..., ::-1], labels), test),
        Split(Subset(images[..., :-1], labels[:-1]), test),
        Split(Subset(images.reshape(20, 16, 47), labels), test),
        Split(test, DATA.train),
        Split(DATA.train, Subset(test.images ^ 1, test.labels)),
        Split(DATA.train, Subset(test.images, test_label)),
    ]
    assert len({fingerprint(split) for split in [DATA, *others]}) == 9
    assert fingerprint(Split(Subset(images.copy(), labels), test)) == fingerprint(DATA), "whatever the memory layout"
    check_data(STATES[0].data, DATA)
    with pytest.raises(ValueError, match="data: expected those of the run"):
        check_data(STATES[0].data, others[0])


def test_options_of_an_earlier_version_know_no_sizes() -> None:
    """JSON has made lists of what were tuples."""
    assert Config.of({"epochs": 3}) == Config(epochs=3)
    assert Config.of({"maps": [2, 3], "kernels": [[3, 2], [2, 4]]}) == Config(maps=(2, 3), kernels=((3, 2), (2, 4)))
