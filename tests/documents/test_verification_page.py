"""The page about the verification shows what the scripts measure."""

from pathlib import Path

from scripts import sensitivity

PAGE = Path(__file__).parents[2] / "docs" / "verification.md"


def test_the_page_says_how_loose_the_bounds_of_the_network_are() -> None:
    """Refresh the table with: python scripts/sensitivity.py"""
    assert f"\n{sensitivity.network()}\n" in PAGE.read_text("utf-8")
