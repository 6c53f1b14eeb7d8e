"""The certificate as a page: one file that needs neither a script nor a network to be read."""

from html import escape
from pathlib import Path
from string import Template

from tests.certificate.contents import Figures, power
from tests.certificate.mathml import mathml

FOLDER = Path(__file__).parent
STATUS = {"holds": "holds", "fails": "fails", "not established": "unsure", "not run": "unsure"}  # and its colour
PARTS = {
    "network": (
        "The network",
        "How the equations are put together: every Δ of §4.4 against autodiff, the exact derivative of the whole loss "
        "over two finite fields, and every parameter by complex step.",
    ),
    "other": (
        "Other checks",
        "Training, checkpoints, scripts, the data set, the oracles and the tests themselves.",
    ),
}


def page(certificate: Figures) -> str:
    levels = {level["key"]: level for level in certificate["levels"]}
    texts = {
        "version": escape(certificate["version"]),
        "outcome": "holds" if certificate["holds"] else "fails",
        "verdict": escape(certificate["verdict"]),
        "made": escape(made(certificate)),
        "style": (FOLDER / "page.css").read_text("utf-8"),
        "equations": "\n".join(row(label, each, levels) for label, each in certificate["equations"].items()),
        "levels": "\n".join(map(level_row, certificate["levels"])),
        "parts": "\n".join(part(certificate[name], *PARTS[name]) for name in PARTS),
        "not_verified": "\n".join(f"<li>{escape(text)}</li>" for text in certificate["not_verified"]),
        "environment": pairs(environment(certificate)),
        "sha256": certificate["sha256"],
    }
    return Template((FOLDER / "page.html").read_text("utf-8")).substitute(texts)


def made(certificate: Figures) -> str:
    commit = certificate["commit"]
    at = f", commit {commit['hash'][:12]}{' with changes' if commit['dirty'] else ''}" if commit else ""
    minutes, seconds = divmod(certificate["seconds"], 60)
    return f"{certificate['date'][:10]}{at}, made in {minutes} min {seconds} s"


def row(label: str, each: Figures, levels: Figures) -> str:
    status = f'<span class="status {STATUS[each["status"]]}">{each["status"]}</span>'
    why = f'<p class="why {STATUS[each["status"]]}">{escape(each["why"])}</p>' if each["why"] else ""
    cells = [
        f'<th scope="row"><span class="number">{label}</span>{status}</th>',
        f'<td class="what">{formula(each["formula"])}'
        f'<p class="about">{escape(each["title"])}: {functions(each)}</p>{why}{details(each, levels)}</td>',
        figure("Tests", f"{each['tests']:,}"),
        figure("Random cases", count(each["cases"])),
        figure("Shapes", count(each["shapes"])),
        figure("Used of the bound", bound(each["largest_error"])),
        figure("Faults noticed", noticed(each["mutants"])),
        figure("Smallest fault", smallest(each["smallest_fault"])),
    ]
    return "<tr>" + "\n".join(cells) + "</tr>"


def formula(each: Figures) -> str:
    """As the docstring has it where no other notation is known."""
    return mathml(each["latex"]) if each["latex"] else f"<p>{escape(each['text'])}</p>"


def functions(each: Figures) -> str:
    operator, index = each["operator_form"], each["index_form"]
    shown = f"<code>{operator['module'].removeprefix('vanillacnn.')}.<wbr>{operator['function']}</code>"
    return shown + (", <code>index_form</code>" if index else "")


def details(each: Figures, levels: Figures) -> str:
    """The levels, and what failed: open where something did."""
    lines = {levels[key]["name"]: passed(ran) for key, ran in each["levels"].items()}
    worst = each["largest_error"]
    if worst:
        lines["Largest error, and its bound"] = f"{power(worst['error'])}, {power(worst['bound'])}"
    lines["Theorem, at all sizes over ℝ"] = theorem(each["proof"])
    failed = "".join(map(failure, each["failures"]))
    summary = f"{sum(not ran['failed'] for ran in each['levels'].values())} of {len(each['levels'])} levels passed"
    state = " open" if failed else ""
    return f"<details{state}><summary>{summary}</summary><dl>{pairs(lines)}</dl>{failed}</details>"


def theorem(proof: Figures) -> str:
    if proof["status"] != "proved":
        return f"{proof['status']}: {proof['reason']}"
    axioms = ", ".join(axiom.split(".")[-1] for axiom in proof["axioms"]) or "none"
    return f"{', '.join(proof['theorems'])}; axioms of the reals: {axioms}"


def passed(ran: Figures) -> str:
    cases = f", {ran['cases']:,} random cases" if ran["cases"] else ""
    outcome = f"{ran['failed']} of {ran['tests']} failed" if ran["failed"] else f"{ran['tests']} passed"
    return outcome + cases


def failure(each: Figures) -> str:
    return f"<pre>{escape(each['test'])}\n{escape(each['message'])}</pre>"


def part(ran: Figures, name: str, about: str) -> str:
    colour = "fails" if ran["failed"] else "holds"
    failed = "".join(map(failure, ran["failures"]))
    shown = f"<details open><summary>{ran['failed']} failures</summary>{failed}</details>" if failed else ""
    result = f'<strong class="{colour}">{passed(ran)}.</strong>' if ran["tests"] else "<strong>None ran.</strong>"
    return f"<h3>{name}</h3><p>{about} {result}</p>{shown}"


def level_row(level: Figures) -> str:
    trusts = f'<td data-label="It trusts">{escape(level["trusts"])}</td>'
    return f'<tr><th scope="row">{escape(level["name"])}</th><td>{escape(level["claim"])}</td>{trusts}</tr>'


def environment(certificate: Figures) -> dict[str, str]:
    found, commit = certificate["environment"], certificate["commit"]
    return {
        "Date": certificate["date"],
        "Commit": f"{commit['hash']}{', with changes' if commit['dirty'] else ''}" if commit else "no repository",
        "Python": found["python"],
        "Packages": ", ".join(f"{name} {version}" for name, version in found["packages"].items()),
        "BLAS": found["blas"],
        "System": found["system"],
        "Processor": found["processor"],
    }


def pairs(lines: dict[str, str]) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines.items())


def figure(label: str, text: str) -> str:
    return f'<td class="figure" data-label="{label}">{text}</td>'


NONE = '<span class="none" title="does not apply">–</span>'
NOT_MEASURED = '<span class="none">not measured</span>'


def count(number: int) -> str:
    return f"{number:,}" if number else NONE


def bound(worst: Figures | None) -> str:
    return f"{worst['slack']:.1%}".replace("%", " %") if worst else NONE


def noticed(mutants: Figures | None) -> str:
    if mutants is None:
        return NOT_MEASURED
    text = f"{mutants['killed']} of {mutants['total'] - mutants['equivalent']}"
    return text + (f'<span class="small">+ {mutants["equivalent"]} the same</span>' if mutants["equivalent"] else "")


def smallest(fault: Figures | None) -> str:
    if fault is None:
        return NONE
    return f'{power(fault["bounded"])}<span class="small">{power(fault["exact"])} exactly</span>'
