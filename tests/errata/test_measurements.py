"""What the paper says in words and is not so: each such erratum by what is measured."""

import numpy as np
from scipy.stats import norm

from tests.errata import measurements as statements
from tests.errata.measurements import MEASURED
from vanillacnn import mnist


def test_E01_an_epoch_is_many_updates() -> None:
    found = MEASURED["E01"]()
    assert found["updates"] * found["batch"] == len(mnist.load().train.labels)
    assert found["updates"] > 1


def test_E02_a_loss_that_stands_still_is_no_minimum() -> None:
    found = MEASURED["E02"]()
    assert 0 < found["first"] - found["last"] < 2.0**-40
    assert found["slope"] < 0  # and so there is further to go, down to 0
    assert found["last"] > 0.4


def test_E04_numpy_takes_a_negative_index_without_a_word() -> None:
    found = MEASURED["E04"]()
    assert found["wrapped"] != found["right"] == "23 33, 53 63"
    assert 0 < found["outside"] < found["refuted"]
    assert MEASURED["E80"]().items() <= found.items()


def test_E10_the_shift_maps_few_cells_and_no_shift_maps_all() -> None:
    found = MEASURED["E10"]()
    assert found["printed"] < found["shifted"] < found["zero_based"] == found["cells"]


def test_E19_kernels_are_rotated_if_they_start_rotated() -> None:
    found = MEASURED["E19"]()
    assert found["learned"] < found["begun"]
    assert found["rotated"] == 0 < found["same"]


def test_E21_padding_would_give_a_kernel_gradient_of_another_shape() -> None:
    found = MEASURED["E21"]()
    assert found["kernel"] == (5, 5) != found["padded"]


def test_E22_only_corners_feed_one_cell() -> None:
    found = MEASURED["E22"]()
    assert (found["corners"] == 1).all()
    assert found["one"] == found["corners"].size < found["edge"]


def test_E56_at_the_papers_sizes() -> None:
    found = MEASURED["E56"]()
    assert found["inside"] == 5 * 5
    assert found["printed"] == 4 * 4
    assert found["missing"] == found["printed"] - found["corner"]


def test_E61_at_the_papers_sizes() -> None:
    found = MEASURED["E61"]()
    assert found["valid"] != found["padded"] == (12, 12)


def test_E62_at_the_papers_sizes() -> None:
    found = MEASURED["E62"]()
    assert found["least"] < 0 < found["side"] <= found["most"]


def test_E74_the_four_functions_are_wrong_on_small_arrays() -> None:
    found = MEASURED["E74"]()
    assert found["faults"] == len(statements.FAULTS) == 4


def test_E75_the_loss_falls_while_nothing_is_learned() -> None:
    """No better than to name the most frequent digit every time."""
    found = MEASURED["E75"]()
    assert found["last"] < found["first"] / 2
    most = np.bincount(mnist.load().test.labels[: found["tested"]]).max()
    assert found["accuracy"] * found["tested"] < most + 1


def test_E76_the_keras_network_is_another_one() -> None:
    found = MEASURED["E76"]()
    assert found["keras"] != found["paper"]


def test_E77_E83_thirty_images_tell_little() -> None:
    """At the ends of a Wilson interval the share is z standard deviations away: less within, more outside."""
    found, z = MEASURED["E83"](), norm.ppf(0.975)
    assert MEASURED["E77"]() == found
    for right, ends in ((found["right"], ("low", "high")), (found["later"], ("later_low", "later_high"))):
        share = right / found["n"]
        for end in map(found.get, ends):
            step = (share - end) * 2.0**-30
            within, outside = (abs(share - p) / np.sqrt(p * (1 - p) / found["n"]) for p in (end + step, end - step))
            assert within < z < outside
    assert found["low"] < 1 / 10 < found["high"] < found["later_low"]
    assert found["chance"] > 1 / 20


def test_E78_samples_are_independent_within_a_batch_only() -> None:
    found = MEASURED["E78"]()
    assert found["mean"] < found["sequence"] < found["sum"]
