"""The pictures of a run show what they say: which curve is which, which map, which digit was taken for which."""

import numpy as np
import pytest
from matplotlib.axes import Axes

import vanillacnn as vc
from scripts import pictures
from vanillacnn.arrays import Parameters
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
    assert (accuracy.get_ylabel(), accuracy.get_xlabel()) == ("test accuracy in %", "epoch")
    assert [place(loss), place(accuracy)] == [(0, 0), (0, 1)]
    assert loss.get_ylim()[0] == 0
    assert loss.get_ylim()[1] > 0.7


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_the_curves_have_a_tick_and_a_line_at_each_epoch(epochs: int) -> None:
    history = tuple(Metrics(k + 1, 0.7, 0.6, 0.85, 15, 1.0) for k in range(epochs))
    for axes in pictures.curves(history, "a loss").axes:
        low, high = axes.get_xlim()
        assert [k for k in axes.get_xticks() if low <= k <= high] == [*range(1, epochs + 1)]
        assert all(line.get_visible() for line in [*axes.get_xgridlines(), *axes.get_ygridlines()])


@pytest.fixture
def params() -> Parameters:
    return vc.initialize(np.random.default_rng(0), maps=(3, 4), kernels=((3, 5), (2, 3)))


def test_each_kernel_is_upright_in_the_row_of_its_input_map(params: Parameters) -> None:
    figure = pictures.kernels(params)
    cells = [axes for axes in figure.axes if axes.images]
    assert len(cells) == 3 + 12
    for layer, K in ((cells[:3], params.K1), (cells[3:], params.K2)):
        shown = {place(axes): axes.images[0] for axes in layer}
        assert shown.keys() == set(np.ndindex(K.shape[:2]))
        for (p, q), image in shown.items():
            assert (np.asarray(image.get_array()) == K[p, q]).all()
            assert image.get_clim() == (-np.abs(K).max(), np.abs(K).max())
            assert image.origin == "upper"
    assert [[axes.get_ylabel(), axes.get_xlabel()] for axes in cells[:3]] == [["0", "0"], ["", "1"], ["", "2"]]
    rows = {place(axes): axes.get_ylabel() for axes in cells[3:] if axes.get_ylabel()}
    columns = {place(axes): axes.get_xlabel() for axes in cells[3:] if axes.get_xlabel()}
    assert rows == {(0, 0): "0", (1, 0): "1", (2, 0): "2"}
    assert columns == {(2, 0): "0", (2, 1): "1", (2, 2): "2", (2, 3): "3"}
    assert not any([*axes.get_xticks(), *axes.get_yticks()] for axes in cells)
    assert (figure.get_supylabel(), figure.get_supxlabel()) == ("input map p", "output map: p of K¹, q of K²")
    colors = figure.axes[0].images[0].cmap
    assert colors(0.0)[2] > colors(0.0)[0], "blue weighs against"
    assert colors(1.0)[0] > colors(1.0)[2], "red weighs for"


def test_the_first_layer_is_one_row_above_the_rows_of_the_second(params: Parameters) -> None:
    """Each has a bar with its name and the numbers of its colours."""
    figure = pictures.kernels(params)
    for first, layer, rows in ((figure.axes[0], 0, [1, 3]), (figure.axes[4], 1, [1, 3])):
        spec = first.get_subplotspec().get_topmost_subplotspec()
        assert spec.get_geometry() == (2, 1, layer, layer)
        assert list(spec.get_gridspec().get_height_ratios()) == rows
    bars = [(axes.get_ylabel(), axes.get_ylim()) for axes in figure.axes if not axes.images]
    largest = [np.abs(K).max() for K in (params.K1, params.K2)]
    assert bars == [(name, (-most, most)) for name, most in zip(("K¹", "K²"), largest, strict=True)]


@pytest.mark.parametrize(("maps", "inches"), [((3, 4), [15, 15]), ((3, 9), [25, 15]), ((1, 2), [11, 11])])
def test_there_is_room_for_each_kernel(
    maps: tuple[int, int], inches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many rows as the first layer has, which is one, and the second."""
    monkeypatch.setattr(pictures, "KERNEL", 2)
    monkeypatch.setattr(pictures, "AROUND", 7)
    params = vc.initialize(np.random.default_rng(0), maps=maps)
    assert pictures.kernels(params).get_size_inches().tolist() == inches


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


def judged(counts: list[list[int]]) -> tuple[Subset, Evaluation]:
    """A test set in which the true digit of the row is taken so many times for that of the column."""
    labels, predictions = np.repeat(np.stack(np.indices((3, 3)), -1).reshape(9, 2), np.ravel(counts), axis=0).T
    right = int((labels == predictions).sum())
    images = np.zeros((2, 2, labels.size), np.uint8)
    scores = np.eye(3)[:, predictions]
    return Subset(images, labels.astype(np.uint8)), Evaluation(scores, predictions, 0.0, 1.0, labels.size - right)


def test_the_colour_is_for_the_mistakes_and_the_count_can_be_read_on_it() -> None:
    """On more than 3 of at most 5 mistakes the count is white. What was right has no colour, however often."""
    figure = pictures.confusion(*judged([[9, 5, 0], [3, 0, 4], [0, 0, 7]]))
    axes, bar = figure.axes
    white = {text.get_text() for text in axes.texts if text.get_color() == "white"}
    assert white == {"5", "4"}
    assert {text.get_text() for text in axes.texts if text.get_color() == "black"} == {"9", "", "3", "7"}
    assert axes.images[0].get_clim() == (0, 5)
    assert (bar.get_ylabel(), bar.get_ylim()) == ("mistakes", (0, 5))
    assert [*axes.get_xticks()] == [*axes.get_yticks()] == [0, 1, 2]


@pytest.mark.parametrize("counts", [[[9, 0, 0], [0, 8, 0], [0, 0, 7]], [[9, 0, 0], [0, 8, 0], [1, 0, 7]]])
def test_the_colours_of_no_mistake_are_those_of_one(counts: list[list[int]]) -> None:
    axes = pictures.confusion(*judged(counts)).axes[0]
    assert axes.images[0].get_clim() == (0, 1)
    assert {text.get_text() for text in axes.texts if text.get_color() == "white"} == {"1"} & {f"{counts[2][0]}"}


def test_the_worst_digit_is_the_first(mistakes: tuple[Subset, Evaluation]) -> None:
    test, result = mistakes
    figure = pictures.worst(test, result)
    cells = figure.axes
    assert [cell.get_title() for cell in cells[:3]] == [
        "#8\ntrue 2: 0.05\npredicted 0: 0.95",
        "#3\ntrue 2: 0.30\npredicted 0: 0.80",
        f"#5\ntrue {test.labels[5]}: 0.15\npredicted {test.labels[5]}: 0.15",
    ]
    for cell, k in zip(cells[:3], (8, 3, 5), strict=True):
        assert (np.asarray(cell.images[0].get_array()) == test.images[..., k]).all()
    assert [place(cell) for cell in cells[:7]] == [*((0, column) for column in range(6)), (1, 0)]
    assert figure.get_suptitle().startswith("Worst of the test set")


def test_the_place_of_a_digit_that_is_not_there_is_empty() -> None:
    cells = pictures.worst(*judged([[1, 0, 0], [0, 1, 0], [1, 0, 0]])).axes
    assert [len(cell.images) for cell in cells] == [1] * 3 + [0] * 21
    assert not any(cell.axison for cell in cells)
