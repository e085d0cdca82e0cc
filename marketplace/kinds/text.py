"""Write a text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import coin
from marketplace.kinds.distance import likeness
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.options import read_count, refuse_unknown

LONGEST = 10_000
SETTINGS = ("min_length", "max_length", "multiline", "ignore_case", "gold_distance")


@dataclass(frozen=True)
class Config:
    """How long, on how many lines, and what counts as the same text."""

    #: characters, after surrounding white space is dropped
    min_length: int = 1
    max_length: int = 2_000
    multiline: bool = False
    #: whether two texts that differ in case only are the same
    ignore_case: bool = True
    #: share of characters, 0..1, that may differ from a known answer and still pass
    gold_distance: float = 0.1


def parse(config: Mapping[str, object]) -> Config:
    """Read the settings, all optional; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    least = read_count(config, "min_length", Config.min_length, (0, LONGEST), problems)
    most = read_count(config, "max_length", max(Config.max_length, least), (1, LONGEST), problems)
    if least > most:
        problems.append(
            Problem("min_length", "min_above_max", "“min_length” must not be above “max_length”.")
        )
    flags: dict[str, bool] = {}
    for key, default in (("multiline", Config.multiline), ("ignore_case", Config.ignore_case)):
        flag = config.get(key, default)
        if not isinstance(flag, bool):
            problems.append(Problem(key, "not_true_or_false", "Give true or false."))
        flags[key] = flag is True
    distance = config.get("gold_distance", Config.gold_distance)
    if isinstance(distance, bool) or not isinstance(distance, int | float) or not 0 <= distance <= 1:
        problems.append(Problem("gold_distance", "number_out_of_range", "Give a number from 0 to 1."))
        distance = Config.gold_distance
    refuse_unknown(config, SETTINGS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(least, most, flags["multiline"], flags["ignore_case"], float(distance))


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {key: getattr(config, key) for key in SETTINGS}


def canonical(config: Config, answer: object) -> str:
    """The text in Unicode NFC without surrounding white space; on one line unless `multiline`."""
    if not isinstance(answer, str):
        raise AnswerInvalid(Problem("", "not_a_text", "Write a text."))
    lines = [" ".join(line.split()) for line in unicodedata.normalize("NFC", answer).splitlines()]
    text = ("\n" if config.multiline else " ").join(lines).strip()
    if not config.multiline:
        text = " ".join(text.split())
    if "\x00" in text:
        raise AnswerInvalid(Problem("", "not_a_text", "The text holds a character that cannot be stored."))
    if len(text) < config.min_length:
        raise AnswerInvalid(Problem("", "too_short", f"Write at least {config.min_length} characters."))
    if len(text) > config.max_length:
        message = f"Write at most {config.max_length} characters; this text has {len(text)}."
        raise AnswerInvalid(Problem("", "too_long", message))
    return text


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the text does not fit."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """1 - edit distance over the longer length, of the texts as compared."""
    return likeness(_compared(config, a), _compared(config, b))


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """The most probable text among those written, equal ones counted together; then its most central
    spelling.

    The one-coin model over the texts seen and "none of these" (`coin.among_seen`). A tie goes to the text
    most like all others. `parts` holds each distinct text's probability under its most central spelling.
    """
    if not answers:
        raise ValueError("nothing to merge")
    # Sorted, so that rounding and ties do not depend on who answered first.
    pairs = sorted(zip([str(answer) for answer in answers], weights, strict=True))
    forms = [_compared(config, answer) for answer, _ in pairs]
    post = coin.among_seen(forms, [weight for _, weight in pairs])
    spelling = {
        form: _central([answer for (answer, _), other in zip(pairs, forms, strict=True) if other == form])
        for form in post
    }
    central = {form: sum(likeness(form, other) for other in forms) for form in _leaders(post)}
    best = max(central, key=lambda form: central[form])
    return Merged(spelling[best], post[best], {spelling[form]: share for form, share in post.items()})


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement with the known text; passed when at most `gold_distance` of it differs."""
    score = agree(config, answer, gold)
    return Grade(score, 1.0 - score <= config.gold_distance + 1e-9)


def n_labels(config: Config) -> None:
    """A text is not one of a list of classes."""
    return


def label(config: Config, value: Json) -> None:
    """A text is not one of a list of classes."""
    return


def value_of(config: Config, label: int) -> Json:
    """A text is not one of a list of classes: LookupError."""
    raise LookupError("a text has no class code")


def _compared(config: Config, value: Json) -> str:
    text = " ".join(str(value).split())
    return text.casefold() if config.ignore_case else text


def _leaders(post: Mapping[str, float]) -> list[str]:
    top = max(post.values())
    return sorted(form for form, share in post.items() if share >= top - 1e-12)


def _central(texts: Sequence[str]) -> str:
    """The text most like all the others (the medoid); the first in order on a tie. `texts` is sorted."""
    distinct = list(dict.fromkeys(texts))
    if len(distinct) == 1:
        return distinct[0]
    return max(distinct, key=lambda text: sum(likeness(text, other) for other in texts))
