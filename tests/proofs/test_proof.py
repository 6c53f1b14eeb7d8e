"""The theorems of reference/proof. What needs Coq carries the mark `proof`; the rest is about its statements."""

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference.formulas.grammar import parse
from reference.formulas.notation import formulas
from reference.proof import coq, trial
from reference.proof.definition import Definition, definitions
from reference.proof.generate import TARGET, every, rendered
from reference.proof.reader import read
from reference.proof.theorems import AXIOMS, THEOREMS, WHOLE
from tests.mutation.wrong_formulas import wrong_formulas
from tests.proofs.rewrites import REWRITES

ROOT = Path(__file__).parents[2]
SOURCES = {path.stem: path.read_text("utf-8") for path in coq.HERE.glob("*.v")}
DEFINITIONS = every(formulas())


# The statements


def test_the_statements_are_those_of_the_formulas() -> None:
    assert TARGET.read_text("utf-8") == rendered(), "run python -m reference.proof.generate"


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda each: each.name)
def test_gallina_read_back_is_the_formula(definition: Definition) -> None:
    assert read(definition.body, definition.symbols, bool(definition.place)) == definition.right


@pytest.mark.slow
def test_each_misprint_is_another_statement_or_none() -> None:
    """Nothing of a formula is lost on the way to Gallina, and nothing is put right."""
    stated = 0
    for label, form, wrong in wrong_formulas():
        try:
            found = [*definitions(formulas()[label], {(label, form): wrong})]
            texts = [*map(str, found)]
        except ValueError:
            continue
        stated += 1
        assert texts != [str(each) for each in DEFINITIONS if each.label == label], (label, wrong)
        assert all(read(each.body, each.symbols, bool(each.place)) == each.right for each in found), (label, wrong)
    assert stated > 500


CAPTURES = {
    "an index of the left side": ("(37)", "Δb²_q = Σ_{q=0}^{x_c-1} Σ_{j=0}^{y_c-1} ΔC²_q(q,j)", "q: expected an index"),
    "an index of a sum outside": ("(37)", "Δb²_q = Σ_{i=0}^{x_c-1} Σ_{i=0}^{y_c-1} ΔC²_q(i,i)", "i: expected an index"),
    "an array": ("(31)", "Δv(j) = Σ_{v=0}^{Y-1} W(v,j) Δŷ(v) v(j)", "v: expected an index"),
    "nothing": ("(31)", "Δv(j) = Σ_{i=0}^{Y-1} W(i,j) Δŷ(k)", "got k"),
    "another order": ("(30)", "Δb(j) = Δŷ(j)", "expected the indices i, got j"),
}


@pytest.mark.parametrize(("place", "text", "said"), CAPTURES.values(), ids=CAPTURES)
def test_an_index_that_means_two_things_is_refused(place: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        rendered(changed={(place, "text"): parse(text)})


# Which theorem proves what


@pytest.mark.parametrize("name", coq.every_theorem())
def test_the_theorem_is_stated(name: str) -> None:
    unit, theorem = name.split(".")
    assert f"\nTheorem {theorem} " in SOURCES[unit] or f"\nLemma {theorem} " in SOURCES[unit]


@pytest.mark.parametrize("label", THEOREMS)
def test_the_files_of_the_theorems_speak_of_the_equation(label: str) -> None:
    """By the name of its definition, or of the array that the network makes of it."""
    names = {each.name for each in DEFINITIONS if each.label == label}
    units = {name.split(".")[0] for name in THEOREMS[label]} - {"Partial"}
    assert all(any(re.search(rf"(?<![\w']){name}(?!\w)", SOURCES[unit]) for unit in units) for name in names)


@pytest.mark.parametrize("unit", SOURCES)
def test_nothing_is_taken_on_trust(unit: str) -> None:
    without_comments = re.sub(r"\(\*.*?\*\)", "", SOURCES[unit], flags=re.S)
    assert not re.search(
        r"\b(Admitted|admit|give_up|Axiom|Axioms|Parameter|Conjecture|Unset|bypass_check)\b", without_comments
    )
    assert len(re.findall(r"^Proof\b", without_comments, re.M)) == without_comments.count("Qed.")


def test_without_coq_it_says_what_to_install(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "prove.py")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "apt-get install --no-install-recommends coq libcoq-coquelicot" in done.stderr


# With Coq


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    trial.prepare(folder)
    return folder


@pytest.mark.proof
def test_every_theorem_is_proved_from_the_axioms_of_the_reals(tmp_path: Path) -> None:
    """And coqchk, which reads the compiled files anew, says the same."""
    told = tmp_path / "told.json"
    command = [sys.executable, str(ROOT / "scripts" / "prove.py"), "--recheck", "--json", str(told)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{len(coq.every_theorem())} of {len(coq.every_theorem())} theorems proved" in done.stdout
    assert f"coqchk accepts the compiled files, with {len(AXIOMS)} axioms" in done.stdout
    found = json.loads(told.read_text("utf-8"))["labels"]
    assert {axiom for each in found.values() for axiom in each.get("axioms", [])} == AXIOMS
    assert {each["status"] for each in found.values()} == {"proved", "nothing to prove"}


@pytest.mark.proof
def test_a_wrong_bound_of_38_unproves_it_and_what_rests_on_it(tmp_path: Path) -> None:
    wrong = formulas()["(38)"].text.replace("u=max(0, i-x_c+1)", "u=max(0, i-x_c)")
    text = rendered(changed={("(38)", "text"): parse(wrong)})
    found = coq.verdicts(coq.build(tmp_path, text), coq.every_theorem())
    unproved = {label for label, told in coq.statuses(found).items() if told["status"] == "not proved"}
    assert unproved == {"(38)", "(39)", "(40)", "(41)", "(42)", "ΔI"}
    assert not found[WHOLE].proved
    assert "Layers.spelled_38" in found["Partial.partial_I"].missing
    assert "spelled_38" in found["Partial.partial_I"].unproved


def sample(size: int) -> Iterator[tuple[str, str, object]]:
    yield from random.Random(1).sample([*dict.fromkeys(wrong_formulas())], size)


@pytest.mark.proof
def test_no_misprint_of_a_sample_is_proved(prepared: Path) -> None:
    found = [trial.attempt(prepared, *case) for case in sample(60)]
    assert [each for each in found if each.outcome == "proved"] == []
    assert sum(each.outcome == "not proved" for each in found) > 20


@pytest.mark.proof
@pytest.mark.parametrize(
    ("label", "text"), [case for cases in REWRITES.values() for case in cases], ids=lambda part: str(part)[:24]
)
def test_the_same_in_other_words_is_proved(label: str, text: str, prepared: Path) -> None:
    assert trial.attempt(prepared, label, "text", parse(text)).outcome == "proved"


@pytest.mark.proof
def test_no_proof_in_time_is_no_more_than_that(prepared: Path) -> None:
    label, text = REWRITES["factors swapped"][0]
    assert trial.attempt(prepared, label, "text", parse(text), limit=0.01).outcome == "no proof in time"
