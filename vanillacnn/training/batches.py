"""From a data set to batches: which images a run takes, in which order, and as which numbers."""

import hashlib
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int, UInt8

from vanillacnn.checks import require
from vanillacnn.mnist import Split, Subset, load
from vanillacnn.training.config import Config
from vanillacnn.training.parallel import Alone


def load_data(config: Config) -> Split:
    """The data of a run: the first `limit` training images and the whole test set."""
    (images, labels), test = map(transposed, load(config.data)) if config.transpose else load(config.data)
    limit = labels.size if config.limit is None else config.limit
    require("limit", limit, f"at most the {labels.size} training images", limit <= labels.size)
    return Split(Subset(images[..., :limit], labels[:limit]), test)


def transposed(subset: Subset) -> Subset:
    """Each image with its rows as columns; the pixels of an image stay together in memory."""
    images = np.ascontiguousarray(subset.images.transpose(2, 1, 0))
    return Subset(np.moveaxis(images, 0, -1), subset.labels)


def check_data(sha256: str, data: Split) -> None:
    """Raises: ValueError unless these are the data that the run began with."""
    came = fingerprint(data)
    require("data", came, f"those of the run, with SHA-256 {sha256}", came == sha256)


def fingerprint(split: Split) -> str:
    """SHA-256 of all images and labels."""
    digest = hashlib.sha256()
    for images, labels in split:
        digest.update(f"{images.shape}".encode())
        # Image by image, as they lie in memory, so that nothing is copied.
        digest.update(np.ascontiguousarray(np.moveaxis(images, -1, 0)).data)
        digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()


def share(data: Split | None, ranks: Alone) -> Split:
    """What this rank needs of the data of rank 0: all training images, and its part of the test images."""
    if data is not None and ranks.size == 1:
        return data
    # As they lie in memory, for a pickled view would come out in another order.
    whole = data and [(np.moveaxis(images, -1, 0), labels) for images, labels in data]
    images, labels = ranks.broadcast(whole and whole[0])
    tests = whole and [(whole[1][0][part], whole[1][1][part]) for part in ranks.parts(len(whole[1][1]))]
    test_images, test_labels = ranks.scatter(tests)
    return Split(Subset(np.moveaxis(images, 0, -1), labels), Subset(np.moveaxis(test_images, 0, -1), test_labels))


def batches(
    config: Config, epoch: int, first: int, subset: Subset, classes: int, ranks: Alone
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """I and y of this rank's part of each batch of an epoch, from the first step on; and the whole batch's size."""
    n, y = subset.labels.size, one_hot(subset.labels, classes, config.dtype)
    order = epoch_order(config, epoch, n)
    for start in range(first * config.batch_size, n, config.batch_size):
        batch = order[start : start + config.batch_size]  # the last may be incomplete
        part = batch[ranks.parts(batch.size)[ranks.rank]]
        yield scale(subset.images[..., part], config.dtype), y[:, part], batch.size


def epoch_order(config: Config, epoch: int, n: int) -> Int[np.ndarray, "n"]:
    """The order in which an epoch takes the images: shuffled anew each time, or as published.

    Epochs count from 1: to NumPy [seed, 0] is the same as seed, which drew the parameters.
    """
    if not config.shuffle:
        return np.arange(n)
    return np.random.default_rng([config.seed, epoch]).permutation(n)


def one_hot(labels: UInt8[np.ndarray, "n"], classes: int, dtype: str) -> Float[np.ndarray, "i n"]:
    """y(i,n) = 1 where image n shows digit i, else 0."""
    most = int(labels.max(initial=0))
    require("labels", most, f"labels from 0 to {classes - 1}", most < classes)
    y: np.ndarray = (np.arange(classes)[:, np.newaxis] == labels).astype(dtype)
    return y


def scale(images: UInt8[np.ndarray, "x y n"], dtype: str) -> Float[np.ndarray, "x y n"]:
    """I = images / 255, with the index n contiguous, as the network is fastest."""
    I: np.ndarray = np.divide(images, np.asarray(255, dtype), order="C", dtype=dtype)
    return I
