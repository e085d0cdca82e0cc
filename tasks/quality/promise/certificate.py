"""What may be claimed of a batch: its expected accuracy, and a bound an audit makes good."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import floor, fsum

import numpy as np
import numpy.typing as npt

from tasks.quality.promise.audit import Audit, checked_confidences, mean
from tasks.quality.promise.stratified import Sample, most_marked

METHOD = "stratified-audit-buehler"
VERSION = "1"


@dataclass(frozen=True)
class Checked:
    """What the audit found among tasks of like confidence. Confidences lie in 0..1."""

    tasks: int
    #: mean over all tasks of the stratum, and over the audited ones (None when there are none)
    mean_confidence: float
    audited: int
    audited_right: int
    audited_mean_confidence: float | None


@dataclass(frozen=True)
class Evidence:
    """All a certificate rests on."""

    strata: tuple[Checked, ...]
    #: tasks settled by an expert's verdict, which need no audit
    verdicts: int
    #: at most this share of an expert's judgements is taken to be wrong, 0..1
    expert_error: float
    #: each bound holds in this share of all audits
    level: float
    #: how often the audit may be looked at before it ends; each look has its share of 1 - level
    looks: int
    #: the seed the audit was drawn with, where it is known
    seed: int | None

    @property
    def tasks(self) -> int:
        """Tasks the audit was drawn from."""
        return sum(one.tasks for one in self.strata)

    @property
    def audited(self) -> int:
        """Tasks audited."""
        return sum(one.audited for one in self.strata)

    @property
    def audited_right(self) -> int:
        """Audited tasks whose label the expert found right."""
        return sum(one.audited_right for one in self.strata)


@dataclass(frozen=True)
class Certificate:
    """Claims about the delivered labels of a batch; accuracies are shares of right labels, 0..1."""

    #: mean of the confidences: what the model believes; None without tasks
    expected_accuracy: float | None
    #: mean confidence, corrected by how far the audited tasks were from theirs; None without an audit
    accuracy: float | None
    #: the accuracy is at least, at most this, each in `level` of all audits; None without an audit
    accuracy_at_least: float | None
    accuracy_at_most: float | None
    #: the claim in words
    statement: str
    evidence: Evidence
    method: str
    version: str

    def to_json(self) -> str:
        """The certificate as JSON, the same bytes for the same evidence."""
        return json.dumps(asdict(self), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)


def certify(
    confidence_t: npt.ArrayLike,
    *,
    audit: Audit | None = None,
    right: Sequence[bool] = (),
    verdicts: int = 0,
    expert_error: float = 0.0,
    level: float = 0.95,
    looks: int = 1,
    seed: int | None = None,
) -> Certificate:
    """Certify the labels of a batch from their confidences and a random audit.

    The accuracy is the mean confidence plus what the audit found to be missing, stratum by stratum (a
    difference estimate, as in prediction-powered inference [1]_). Its bounds are exact for any number of
    audits and any confidences: wrong confidences make them wide, never false (`stratified.most_marked`). When
    every task was audited they meet. Without an audit there is no bound, and the statement says so.

    Answers to gold questions are no audit: gold is chosen, not drawn from the delivered tasks, and workers
    may have learned it.

    Parameters
    ----------
    confidence_t : float array (n_tasks,), in 0..1
        Posteriors of the labels the crowd settled, as they were when `audit` was drawn.
    audit : Audit, from `draw_audit`
    right : the expert's judgement of `audit.task_i`, in that order; may end early
        A task the expert could not decide counts as wrong.
    verdicts : int, >= 0
        Further tasks whose label is an expert's verdict.
    expert_error : float in [0, 1)
        At most this share of the experts' judgements is taken to be wrong. If they call right so many of the
        wrong labels, a share R found right means an accuracy of at least (R - error) / (1 - error).
    level : float in (0, 1)
    looks : int, >= 1
        Set it beforehand to how often the audit may be looked at when its end depends on what it finds.
    seed : int, optional
        Of the generator that drew the audit; written down, not used.

    Raises
    ------
    ValueError
        When an argument is out of range, or `audit` and `right` do not fit the batch.

    References
    ----------
    .. [1] A. N. Angelopoulos, S. Bates, C. Fannjiang, M. I. Jordan, T. Zrnic, "Prediction-powered inference",
    Science 382, 2023, doi:10.1126/science.adi6000.
    """
    confidences = checked_confidences(confidence_t)
    if not (0 <= expert_error < 1 and 0 < level < 1 and looks >= 1 and verdicts >= 0):
        raise ValueError(
            f"expert_error in [0, 1), level in (0, 1), looks >= 1 and verdicts >= 0, "
            f"not {expert_error}, {level}, {looks}, {verdicts}"
        )
    strata = _checked(confidences, audit, np.asarray(right, dtype=np.bool_))
    return _claims(Evidence(strata, verdicts, expert_error, level, looks, seed))


def reproduce(text: str) -> tuple[str, ...]:
    """Compute the claims of a certificate in JSON anew from its evidence: the names of those that differ.

    Nothing differs in an untouched certificate. ValueError when the text is no certificate of this METHOD and
    VERSION.
    """
    told = json.loads(text)
    if not isinstance(told, dict) or (told.get("method"), told.get("version")) != (METHOD, VERSION):
        raise ValueError(f"not a certificate of method {METHOD}, version {VERSION}")
    try:
        strata = tuple(Checked(**one) for one in told["evidence"]["strata"])
        evidence = Evidence(**{**told["evidence"], "strata": strata})
    except (KeyError, TypeError) as error:
        raise ValueError("the certificate's evidence is not complete") from error
    found = json.loads(_claims(evidence).to_json())
    return tuple(sorted(name for name in {*told, *found} if told.get(name) != found.get(name)))


def _checked(
    confidences: npt.NDArray[np.float64], audit: Audit | None, right: npt.NDArray[np.bool_]
) -> tuple[Checked, ...]:
    """What was found in each stratum; one stratum without an audit, none without tasks."""
    if audit is None:
        if len(right):
            raise ValueError("judgements without an audit")
        return (Checked(len(confidences), mean(confidences), 0, 0, None),) if len(confidences) else ()
    if sum(stratum.tasks for stratum in audit.strata) != len(confidences) or len(right) > len(audit.task_i):
        raise ValueError(
            f"{len(confidences)} tasks and {len(right)} judgements do not fit the audit of "
            f"{len(audit.task_i)} among {sum(stratum.tasks for stratum in audit.strata)}"
        )
    task_i, stratum_i = audit.task_i[: len(right)], audit.stratum_i[: len(right)]
    checked = []
    for number, stratum in enumerate(audit.strata):
        here = stratum_i == number
        found_mean = mean(confidences[task_i[here]]) if here.any() else None
        checked.append(
            Checked(
                stratum.tasks, stratum.mean_confidence, int(here.sum()), int(right[here].sum()), found_mean
            )
        )
    return tuple(checked)


def _claims(evidence: Evidence) -> Certificate:
    """The certificate that follows from the evidence."""
    tasks, audited = evidence.tasks, evidence.audited
    expected = accuracy = low = high = None
    if tasks + evidence.verdicts:
        expected = _with_verdicts(evidence, fsum(one.tasks * one.mean_confidence for one in evidence.strata))
    if audited:
        wrong = _bound(evidence, wrong=True)
        most_right = _bound(evidence, wrong=False)
        error = evidence.expert_error
        low = _with_verdicts(evidence, max(0.0, tasks * (1.0 - error) - wrong) / (1.0 - error))
        high = _with_verdicts(evidence, min(tasks, most_right / (1.0 - error)), verdicts_right=1.0)
        accuracy = min(max(_with_verdicts(evidence, _estimate(evidence)), low), high)
    statement = _statement(evidence, expected, accuracy, low)
    return Certificate(expected, accuracy, low, high, statement, evidence, METHOD, VERSION)


def _estimate(evidence: Evidence) -> float:
    """Right labels among the audit's tasks: what the confidences say, and what the audit adds or takes."""
    total = 0.0
    for one in evidence.strata:
        missing = (
            one.audited_right / one.audited - one.audited_mean_confidence
            if one.audited and one.audited_mean_confidence is not None
            else 0.0
        )
        total += one.tasks * (one.mean_confidence + missing)
    return total


def _bound(evidence: Evidence, *, wrong: bool) -> int:
    """The most tasks an expert would find wrong, or right."""
    samples = []
    for one in evidence.strata:
        marked = one.audited - one.audited_right if wrong else one.audited_right
        belief = 1.0 - one.mean_confidence if wrong else one.mean_confidence
        samples.append(Sample(one.tasks, one.audited, marked, min(max(belief, 0.0), 1.0)))
    return most_marked(samples, 1.0 - (1.0 - evidence.level) / evidence.looks)


def _with_verdicts(evidence: Evidence, right: float, verdicts_right: float | None = None) -> float:
    """The share of right labels when `right` of the audit's tasks are, and nearly all verdicts."""
    share = 1.0 - evidence.expert_error if verdicts_right is None else verdicts_right
    return (right + evidence.verdicts * share) / (evidence.tasks + evidence.verdicts)


def _statement(evidence: Evidence, expected: float | None, accuracy: float | None, low: float | None) -> str:
    """The claim as plain sentences; percentages of a promise are rounded down."""
    tasks = evidence.tasks + evidence.verdicts
    if expected is None:
        return "There are no labels to certify."
    if not evidence.tasks:
        return f"All {tasks:,} labels were decided by experts, so none was audited."
    if accuracy is None or low is None:
        return (
            f"None of the {tasks:,} labels was audited. Their confidences make one expect "
            f"{100 * expected:.1f} % of them to be right; nothing is guaranteed."
        )
    parts = [
        f"An expert checked {evidence.audited:,} of {evidence.tasks:,} labels, drawn at random, and found "
        f"{evidence.audited_right:,} right.",
        f"At least {floor(1000 * low + 1e-9) / 10:.1f} % of the {tasks:,} labels are right, "
        f"with {100 * evidence.level:g} % certainty; the best estimate is {100 * accuracy:.1f} %.",
    ]
    if evidence.verdicts:
        parts.append(f"{evidence.verdicts:,} of them were decided by experts.")
    if evidence.expert_error:
        parts.append(f"Experts are taken to err at most {100 * evidence.expert_error:g} times in 100.")
    return " ".join(parts)
