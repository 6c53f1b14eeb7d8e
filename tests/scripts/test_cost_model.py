"""The model of a step on many ranks: it finds the numbers that measurements were made from, and says what follows."""

import pytest

from scripts.bench import cost_model

A, B, LATENCY, BANDWIDTH = 300e-6, 40e-6, 5e-6, 2e9
ONE = {n: A + B * n for n in (8, 64, 512)}
SUMS = {k: LATENCY + 4 * k / BANDWIDTH for k in (1, 1000, 100_000)}
TWO = {n: A + B * n / 2 + LATENCY + 4 * cost_model.ENTRIES / BANDWIDTH for n in (8, 64, 512)}
EVEN = cost_model.fitted(ONE, TWO, SUMS, [1.0] * 10)


def test_it_finds_what_the_times_were_made_from() -> None:
    here = EVEN["links"]["this machine"]
    assert [f"{x:.6g}" for x in (EVEN["a"], EVEN["b"], here["latency"], here["bandwidth"])] == [
        f"{x:.6g}" for x in (A, B, LATENCY, BANDWIDTH)
    ]
    assert max(EVEN["error_1"], EVEN["error_2"]) < 1e-9
    assert set(EVEN["waiting"].values()) == {1.0}


def test_ranks_wait_for_the_slowest() -> None:
    """Of steps that take 1 or, every tenth, 2, one of 64 ranks is nearly always late."""
    late = cost_model.fitted(ONE, TWO, SUMS, [1.0] * 9 + [2.0])["waiting"]
    assert late["1"] == 1.0
    assert 1.15 < late["2"] < 1.23  # 1 + 0.19
    assert 1.99 < late["64"] <= 2.0


def test_one_rank_sends_nothing() -> None:
    assert f"{cost_model.time(EVEN, 'Ethernet', 100, 1):.9g}" == f"{A + 100 * B:.9g}"


@pytest.mark.parametrize("disturbed", ["disturbed", "undisturbed"])
@pytest.mark.parametrize("said", EVEN["said"], ids=lambda said: f"{said['link']} {said['larger']}")
def test_what_it_says(said: dict, disturbed: str) -> None:
    found = said[disturbed]
    for N, row in found["strong"].items():
        assert row["1"] == 1.0
        assert all(faster <= int(p) * (1 + 1e-9) for p, faster in row.items())
        pays = found["pays"][N]
        assert row[str(pays)] >= pays / 2
        assert all(faster < int(p) / 2 for p, faster in row.items() if int(p) > pays)
    assert all(faster <= int(p) * (1 + 1e-9) for p, faster in found["weak"].items())


def test_only_disturbed_ranks_wait() -> None:
    late = cost_model.fitted(ONE, TWO, SUMS, [1.0] * 9 + [2.0])["said"][0]
    even = EVEN["said"][0]
    assert late["undisturbed"]["strong"]["60000"]["64"] > 1.9 * late["disturbed"]["strong"]["60000"]["64"]
    assert even["undisturbed"] == even["disturbed"]


def test_a_larger_network_pays_on_more_ranks() -> None:
    small, large = (said["undisturbed"] for said in EVEN["said"] if said["link"] == "Ethernet")
    assert large["pays"]["64"] > small["pays"]["64"]
