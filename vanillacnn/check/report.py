"""What a check has to say: a row for each quantity and size, for people and as JSON."""

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, field

READ_OFF = ("off by the constant factor #", "all values are zero", "rounded to", "the right values", "wrong only")
RIGHT, WRONG, REFUSED, ABSENT = "right", "wrong", "refused", "not given"


class CheckError(AssertionError):
    """Something is wrong; the message is the report."""


@dataclass
class Row:
    """One quantity at one size. `message` says what is wrong or why the size was refused; `hints` name the fault."""

    quantity: str
    size: str
    verdict: str
    message: str = ""
    hints: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counterexample: str = ""


@dataclass
class Report:
    """All rows of a check. A note fails only when `strict`, and so does a size that was refused."""

    name: str
    rows: list[Row] = field(default_factory=list)
    strict: bool = False
    advice: list[str] = field(default_factory=list)  # what to declare instead

    def of(self, quantity: str, verdict: str) -> list[Row]:
        return [row for row in self.rows if (row.quantity, row.verdict) == (quantity, verdict)]

    @property
    def quantities(self) -> list[str]:
        return list(dict.fromkeys(row.quantity for row in self.rows))

    @property
    def notes(self) -> list[str]:
        return list(dict.fromkeys(f"{row.quantity}: {note}" for row in self.rows for note in row.notes))

    def verdict(self, quantity: str) -> str:
        """Wrong at one size is wrong. Right needs one size at least; a quantity that never ran is refused."""
        verdicts = {row.verdict for row in self.rows if row.quantity == quantity}
        return next(each for each in (WRONG, RIGHT, ABSENT, REFUSED) if each in verdicts)

    @property
    def ok(self) -> bool:
        verdicts = [self.verdict(quantity) for quantity in self.quantities]
        clean = not self.notes and all(row.verdict != REFUSED for row in self.rows)
        return RIGHT in verdicts and set(verdicts) <= {RIGHT, ABSENT} and (clean or not self.strict)

    def raise_for_errors(self) -> None:
        """Raises: CheckError with the report, unless all is right."""
        if not self.ok:
            raise CheckError(str(self))

    def json(self) -> str:
        report = {"name": self.name, "ok": self.ok, "strict": self.strict, "advice": self.advice}
        report["rows"] = [asdict(row) for row in self.rows]
        return json.dumps(report, indent=1)

    def __str__(self) -> str:
        lines = [f"{self.name}: {'ok' if self.ok else 'not ok'}"]
        for quantity in self.quantities:
            lines += self.lines(quantity)
        refused = list(dict.fromkeys(line for quantity in self.quantities for line in self.refusals(quantity)))
        lines += [f"  hint: {each}" for each in self.advice]
        return "\n".join(lines + refused + [f"  note: {note}" for note in self.notes])

    def lines(self, quantity: str) -> list[str]:
        wrong, verdict = self.of(quantity, WRONG), self.verdict(quantity)
        sizes = sum(row.quantity == quantity for row in self.rows)
        count = f" at {len(self.of(quantity, verdict))} of {sizes} sizes" if verdict != ABSENT else ""
        lines = [f"  {quantity:6} {verdict}{count}"]
        if wrong:
            first, hint = telling(wrong)
            lines += [f"    hint: {hint}"] if hint else []
            lines += [f"    at {first.size}: {first.message}"]
            lines += ["    " + line for line in first.counterexample.splitlines()]
        return lines

    def refusals(self, quantity: str) -> list[str]:
        if self.verdict(quantity) == ABSENT:  # that it is not given says nothing of the sizes
            return []
        right, wrong, refused = (self.of(quantity, verdict) for verdict in (RIGHT, WRONG, REFUSED))
        messages = list(dict.fromkeys(row.message for row in refused))
        if refused and not right + wrong:
            others = f" (and {len(messages) - 1} other errors)" if len(messages) > 1 else ""
            return [f"  refused at every size: {messages[0]}{others}"]
        lines = []
        for message in messages:
            sizes = "; ".join(row.size for row in refused if row.message == message)
            lines.append(f"  refused: {message}: at {sizes}")
        if refused:
            lines.append(f"  accepted: {'; '.join(row.size for row in right + wrong)}")
        return lines


def telling(wrong: list[Row]) -> tuple[Row, str]:
    """The explanation that fits at most sizes, whatever numbers are in it, and the first size at which it does.

    What is read off the numbers may fit by chance where there are few of them. So it has to fit at half of the sizes.
    A fault with a name that fits at as many goes before it.
    """
    fits = Counter(kind for row in wrong for kind in dict.fromkeys(map(without_numbers, row.hints)))
    named = [kind for kind in fits if not kind.startswith(READ_OFF)]
    read_off = [kind for kind in fits if kind.startswith(READ_OFF) and 2 * fits[kind] >= len(wrong)]
    if not named + read_off:
        return wrong[0], ""
    kind = max(named + read_off, key=lambda each: fits[each])  # the first of equals
    return next((row, hint) for row in wrong for hint in row.hints if without_numbers(hint) == kind)


def without_numbers(hint: str) -> str:
    return re.sub(r"\d+(\.\d+)?(e-\d+)?", "#", hint)
