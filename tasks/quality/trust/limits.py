"""What separates a ring from honest workers who agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincc

from tasks.quality.trust.findings import Finding
from tasks.quality.trust.gate import accuracy_at, log_odds_fair
from tasks.quality.trust.scene import BoolArray, Scene

#: log odds fair : poor from which known answers speak for a group, or against it
CLEAR = float(np.log(19.0))
#: standard deviations above chance that a guesser's gold seldom reaches
NOT_BY_LUCK = 2.0
#: informedness that a group near chance reaches with less than this probability, given its gold
HARDLY, DOUBT = 0.4, 0.01


@dataclass(frozen=True)
class Limits:
    """Where honest agreement ends: shares, 0..1, of contested tasks on which two workers answer alike.

    Measured on nine recorded crowds: of 2,700 pairs with at least 15 contested tasks half agree on fewer than
    0.45 of them, and one pair in a hundred on more than 0.85.
    """

    #: honest workers stay below this
    honest: float = 0.85
    #: the same for a group whose answers are made up: it has no skill to agree by
    suspect: float = 0.6
    #: the same for a group that may well be right: known answers show it to be good, or its answers explain
    #: at least this share of what those outside agree on, as those of experts among guessers do
    good: float = 0.95
    explained: float = 0.35
    #: answers that explain less than this share, or that gold shows to be near chance, are made up
    made_up: float = 0.05
    #: how many times less often than honest workers those who copy disagree; and those who copy with some
    #: noise, when their answers are made up
    fewer: float = 5.0
    fewer_suspect: float = 3.0
    #: of all workers, those who copy with some noise are at most this share
    share: float = 0.33
    #: chance, about, to call anybody of an honest crowd a member of a ring
    level: float = 0.01


DEFAULT_LIMITS = Limits()


def made_up(finding: Finding, scene: Scene, limits: Limits) -> bool:
    """Whether a group's answers have nothing to do with the tasks, as far as gold and outsiders tell."""
    chance = 1.0 / scene.votes.n_labels
    luck = finding.gold_right - chance * finding.gold_total
    if luck > NOT_BY_LUCK * np.sqrt(finding.gold_total * chance * (1.0 - chance)):
        return False
    most = most_explained(finding)
    failed = near_chance(finding, scene)
    return most < limits.made_up or (failed and (finding.explained is None or most < limits.explained))


def near_chance(finding: Finding, scene: Scene) -> bool:
    """Whether gold shows a group to be hardly better than chance."""
    right, wrong = finding.gold_right, finding.gold_total - finding.gold_right
    bar = accuracy_at(HARDLY, 1.0 / scene.votes.n_labels)
    return float(betaincc(right + 1.0, wrong + 1.0, bar)) < DOUBT


def is_few(member_w: BoolArray, finding: Finding, scene: Scene, limits: Limits) -> bool:
    """Whether a group is not the honest half of a crowd: small, or failing gold."""
    small = float(member_w.sum()) <= limits.share * scene.active
    return small or near_chance(finding, scene)


def most_explained(finding: Finding) -> float:
    """The most that a group's answers may explain of what outsiders agree on, 0..1; 1 where they do not."""
    return 1.0 if finding.explained is None else finding.explained[1]


def log_odds(finding: Finding, scene: Scene) -> float:
    """Natural log of the likelihood ratio fair worker : poor worker, each known question counted once."""
    return float(log_odds_fair(finding.gold_right, finding.gold_total, 1.0 / scene.votes.n_labels))
