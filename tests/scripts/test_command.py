"""What the scripts share: which of several things their words mean."""

import argparse
from types import ModuleType

import pytest

from scripts import mutation, planted_faults, sensitivity
from scripts.command import count, matching

NAMES = ["conv_forward", "conv_bias_gradient", "dense_forward"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [([], NAMES), (["conv"], NAMES[:2]), (["forward"], NAMES[::2]), (["dense", "bias"], NAMES[1:]), ([""], NAMES)],
)
def test_a_word_means_each_name_that_it_is_in(words: list[str], meant: list[str]) -> None:
    assert matching(words, iter(NAMES)) == meant


def test_a_word_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected a word of 'conv_forward' or another name, got 'pool'$"):
        matching(["dense", "pool"], NAMES)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "two", "²", ""])
def test_a_count_is_a_whole_number_from_1(text: str) -> None:
    assert [count(text) for text in ("1", "21", " 7")] == [1, 21, 7]
    with pytest.raises(argparse.ArgumentTypeError, match=f"^expected a whole number from 1, got '{text}'$"):
        count(text)


@pytest.mark.parametrize("script", [mutation, planted_faults, sensitivity])
def test_no_script_does_all_or_nothing_for_such_a_word(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["script.py", "nosuchfunction"])
    with pytest.raises(ValueError, match="^expected a word of .* or another name, got 'nosuchfunction'$"):
        script.main()
