"""The table of the twenty faults in docs/check_your_own.md is what its script finds."""

import pytest

from scripts.documents import gradient_checkers


@pytest.mark.bench
def test_the_table_is_what_the_script_finds() -> None:
    """Refresh it with: python scripts/documents/gradient_checkers.py"""
    page = gradient_checkers.PAGE.read_text("utf-8")
    committed = page.partition(gradient_checkers.BEGIN)[2].partition(gradient_checkers.END)[0].strip()
    assert committed.count("\n") == 22
    assert committed == gradient_checkers.table()
