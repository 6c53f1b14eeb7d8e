"""The pictures of a run show what they say: which curve is which, which map, which digit was taken for which."""

import numpy as np
import pytest
from matplotlib.axes import Axes

import vanillacnn as vc
from scripts import pictures
from vanillacnn.mnist import Subset
from vanillacnn.training.run import Evaluation, Metrics


def place(axes: Axes) -> tuple[int, int]:
    """The row and the column of a cell in its grid."""
    spec = axes.get_subplotspec()
    assert spec is not None
    return spec.rowspan.start, spec.colspan.start


def test_each_curve_has_its_own_numbers() -> None:
    history = (Metrics(1, 0.7, 0.6, 0.85, 15, 1.0), Metrics(2, 0.5, 0.4, 0.9, 10, 1.0))
    loss, accuracy = pictures.curves(history, "a loss").axes
    legend = loss.get_legend()
    assert legend is not None
    handles = zip(legend.legend_handles, legend.get_texts(), strict=True)
    colors = {text.get_text(): handle.get_color() for handle, text in handles}
    drawn = {line.get_color(): (list(line.get_xdata()), list(line.get_ydata())) for line in loss.lines}
    assert {label: drawn[color] for label, color in colors.items()} == {
        "training": ([1, 2], [0.7, 0.5]), "test": ([1, 2], [0.6, 0.4])
    }  # fmt: skip
    (line,) = accuracy.lines
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([1, 2], [85, 90])
    assert (loss.get_ylabel(), loss.get_xlabel()) == ("a loss", "epoch")
    assert accuracy.get_ylabel() == "test accuracy in %"


def test_each_kernel_is_upright_in_the_row_of_its_input_map() -> None:
    params = vc.initialize(np.random.default_rng(0), maps=(2, 3))
    figure = pictures.kernels(params)
    cells = [axes for axes in figure.axes if axes.images]
    assert len(cells) == 2 + 6
    for layer, K in ((cells[:2], params.K1), (cells[2:], params.K2)):
        shown = {place(axes): axes.images[0] for axes in layer}
        assert shown.keys() == set(np.ndindex(K.shape[:2]))
        for (p, q), image in shown.items():
            assert (np.asarray(image.get_array()) == K[p, q]).all()
            assert image.get_clim() == (-np.abs(K).max(), np.abs(K).max())
            assert image.origin == "upper"
    names = {place(axes): (axes.get_ylabel(), axes.get_xlabel()) for axes in cells[2:]}
    assert names == {
        (0, 0): ("0", ""), (0, 1): ("", ""), (0, 2): ("", ""), (1, 0): ("1", "0"), (1, 1): ("", "1"), (1, 2): ("", "2")
    }  # fmt: skip
    colors = figure.axes[0].images[0].cmap
    assert colors(0.0)[2] > colors(0.0)[0], "blue weighs against"
    assert colors(1.0)[0] > colors(1.0)[2], "red weighs for"


@pytest.fixture
def mistakes() -> tuple[Subset, Evaluation]:
    """Thirty images: the 2 of image k is taken for the 0 when k is 3 or 8, most clearly in image 8; the rest is right,
    least clearly in image 5."""
    labels = np.array([2, 1, 0] * 10, np.uint8)
    labels[[3, 8]] = 2
    scores = np.full((3, 30), 0.1)
    scores[labels, np.arange(30)] = np.linspace(0.7, 0.9, 30)
    scores[labels[5], 5] = 0.15
    scores[0, [3, 8]] = 0.8, 0.95
    scores[2, [3, 8]] = 0.3, 0.05
    images = np.random.default_rng(0).integers(0, 256, (4, 6, 30), np.uint8)
    return Subset(images, labels), Evaluation(scores, scores.argmax(0), 0.1, 28 / 30, 2)


def test_a_mistake_stands_in_the_row_of_the_true_digit(mistakes: tuple[Subset, Evaluation]) -> None:
    test, result = mistakes
    axes = pictures.confusion(test, result).axes[0]
    counts = {(round(y), round(x)): text.get_text() for text in axes.texts for x, y in [text.get_position()]}
    twos, ones, zeros = (int((test.labels == digit).sum()) for digit in (2, 1, 0))
    assert {place: count for place, count in counts.items() if count} == {
        (2, 0): "2", (0, 0): f"{zeros}", (1, 1): f"{ones}", (2, 2): f"{twos - 2}"
    }  # fmt: skip
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert axes.get_title() == "2 of 30 wrong"
    shown = axes.images[0].get_array()
    assert shown is not None
    assert shown[2, 0] == 2
    assert np.ma.getmaskarray(shown).tolist() == np.eye(3, dtype=bool).tolist()


def test_the_worst_digit_is_the_first(mistakes: tuple[Subset, Evaluation]) -> None:
    test, result = mistakes
    cells = pictures.worst(test, result).axes
    assert [cell.get_title() for cell in cells[:3]] == [
        "#8\ntrue 2: 0.05\npredicted 0: 0.95",
        "#3\ntrue 2: 0.30\npredicted 0: 0.80",
        f"#5\ntrue {test.labels[5]}: 0.15\npredicted {test.labels[5]}: 0.15",
    ]
    for cell, k in zip(cells[:3], (8, 3, 5), strict=True):
        assert (np.asarray(cell.images[0].get_array()) == test.images[..., k]).all()
    assert [place(cell) for cell in cells[:7]] == [*((0, column) for column in range(6)), (1, 0)]
