"""The faults that are planted on purpose: each has its place in today's source, and none goes unnoticed silently."""

import re
from pathlib import Path

import pytest

from scripts import planted_faults
from scripts.planted_faults import Fault

ROOT = Path(__file__).parents[2]
FAULTS = planted_faults.faults()


def test_each_has_its_place_and_tests_that_there_are() -> None:
    assert len({fault.what for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        text = (ROOT / fault.file).read_text("utf-8")
        assert planted_faults.planted(fault, text) != text
        assert fault.tests, fault.what
        for test in fault.tests:
            file, _, name = test.partition("::")
            assert name in (ROOT / file).read_text("utf-8")


def test_a_text_that_is_gone_or_stands_twice_is_refused() -> None:
    fault = Fault("group", "what", "file.py", "old", "new", ("tests/test_it.py",))
    for text, count in (("", 0), ("old, old", 2)):
        with pytest.raises(ValueError, match=f"^file.py: expected once, got {count} times: old$"):
            planted_faults.planted(fault, text)


@pytest.mark.slow
def test_what_nobody_notices_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A fault in a comment, beside one that is noticed."""
    tests = ("tests/beyond/test_schedules.py",)
    harmless = Fault("group", "harmless", "tests/beyond/test_schedules.py", '"""Learning-rate', '"""The', tests)
    cosine = next(fault for fault in FAULTS if fault.file == "vanillacnn/beyond/schedules.py")
    monkeypatch.setattr(planted_faults, "faults", lambda: [harmless, cosine])
    monkeypatch.setattr("sys.argv", ["planted_faults.py"])
    assert planted_faults.main() == 1
    *table, problem = capsys.readouterr().out.splitlines()
    assert table[2] == "| group | harmless | **nobody** |"
    assert re.fullmatch(r"\| training \| the cosine .* \| `beyond/test_schedules.py::TestG11::\S+` \|", table[3])
    assert problem == "nobody notices: harmless"
