"""Free texts: how many words must be changed to get the truth, as a share of its words, mean over tasks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.kinds.crowds import ALIKE, Answered, accuracies, read_crowd
from benchmarks.kinds.tables import Row
from marketplace.kinds import text
from marketplace.kinds.distance import edits
from marketplace.kinds.kind import Json

CROWD = "crowdwsa"
MEASURE = "WER"


def run(folder: Path) -> list[Row]:
    """Hold workers, the plain majority, whole texts and texts made of words against the truth."""
    whole = text.parse({"metric": "words"})
    words = text.parse({"metric": "words", "merge": "words"})
    crowd = read_crowd(folder / CROWD, text, whole, _shaped)
    known = [each for each in crowd if each.truth is not None]
    weights = accuracies(text, whole, crowd)
    rows = [_row("mean worker", [(each.answers, each.truth) for each in known], known)]
    rows.append(_row("plain majority", [([_majority(each)], each.truth) for each in known], known))
    for name, config in (("whole", whole), ("by words", words)):
        alike = [
            ([text.merge(config, each.answers, [ALIKE] * len(each.given)).value], each) for each in known
        ]
        rows.append(_row(f"consensus, {name}, all workers alike", [(f, e.truth) for f, e in alike], known))
        weighed = [
            ([text.merge(config, each.answers, [weights[who] for who, _ in each.given]).value], each)
            for each in known
        ]
        rows.append(_row(f"consensus, {name}", [(f, e.truth) for f, e in weighed], known))
    return rows


def _shaped(cell: str) -> str:
    """Small letters, punctuation apart: how the truth is written, and answers are not."""
    return " ".join(re.findall(r"\w+|[^\w\s]", cell.lower()))


def _majority(each: Answered) -> Json:
    """The text most often written; of several the first, which is mostly just the first answer."""
    return Counter(str(answer) for answer in each.answers).most_common(1)[0][0]


def _row(name: str, pairs: Sequence[tuple[Sequence[Json], Json]], known: Sequence[Answered]) -> Row:
    rates = []
    for answers, truth in pairs:
        right = str(truth).split()
        rates.append(sum(edits(str(each).split(), right) / len(right) for each in answers) / len(answers))
    n_answers = sum(len(each.given) for each in known)
    return Row(CROWD, name, MEASURE, sum(rates) / len(rates), len(known), n_answers)
