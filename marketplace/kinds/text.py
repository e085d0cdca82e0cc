"""Write a text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import coin, word_votes
from marketplace.kinds.characters import storable
from marketplace.kinds.distance import central, likeness
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import read_number
from marketplace.kinds.options import read_count, read_flag, read_one_of, refuse_unknown
from marketplace.kinds.weights import heard

LONGEST = 10_000
SETTINGS = ("min_length", "max_length", "multiline", "ignore_case", "gold_distance", "metric", "merge")
CHARACTERS, WORDS = "characters", "words"
WHOLE = "whole"


@dataclass(frozen=True)
class Config:
    """How long, on how many lines, what counts as the same text, and how several become one."""

    #: characters, after surrounding white space is dropped
    min_length: int = 1
    max_length: int = 2_000
    multiline: bool = False
    #: whether two texts that differ in case only are the same
    ignore_case: bool = True
    #: share of characters or words, 0..1, that may differ from a known answer and still pass
    gold_distance: float = 0.1
    #: whether likeness is counted in `characters` (1 - CER) or `words` (1 - WER)
    metric: str = CHARACTERS
    #: `whole`: one of the texts written; `words`: word by word, for transcriptions
    merge: str = WHOLE


def parse(config: Mapping[str, object]) -> Config:
    """Read the settings, all optional; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    least = read_count(config, "min_length", Config.min_length, (0, LONGEST), problems)
    most = read_count(config, "max_length", max(Config.max_length, least), (1, LONGEST), problems)
    if least > most:
        problems.append(
            Problem("min_length", "min_above_max", "“min_length” must not be above “max_length”.")
        )
    read = Config(
        min_length=least,
        max_length=most,
        multiline=read_flag(config, "multiline", Config.multiline, problems),
        ignore_case=read_flag(config, "ignore_case", Config.ignore_case, problems),
        gold_distance=read_number(config, "gold_distance", Config.gold_distance, (0.0, 1.0), problems),
        metric=read_one_of(config, "metric", (CHARACTERS, WORDS), problems),
        merge=read_one_of(config, "merge", (WHOLE, WORDS), problems),
    )
    refuse_unknown(config, SETTINGS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return read


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
    if not storable(text):
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
    """1 - edit distance over the longer length, of the texts as compared, in characters or in words."""
    return _likeness(config, _compared(config, a), _compared(config, b))


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """The most probable text among those written, or one put together word by word, as the settings say.

    Whole: equal texts count together, and the most central spelling stands for them; the one-coin model over
    the texts seen and "none of these" (`coin.among_seen`). A tie goes to the text most like all others.
    `parts` holds each distinct text's probability under its most central spelling. By words: see
    `word_votes.merge`; texts too long for that, or too long together, are merged whole.
    """
    # Sorted, so that rounding and ties do not depend on who answered first.
    pairs = sorted((str(answer), weight) for answer, weight in heard(answers, weights))
    by_words = word_votes.merge(pairs, ignore_case=config.ignore_case) if config.merge == WORDS else None
    if by_words and _is_valid(config, by_words.value):
        return by_words
    forms = [_compared(config, answer) for answer, _ in pairs]
    post = coin.among_seen(forms, [weight for _, weight in pairs])
    spelling = {
        form: central([answer for (answer, _), other in zip(pairs, forms, strict=True) if other == form])
        for form in post
    }
    likes = {form: sum(_likeness(config, form, other) for other in forms) for form in _leaders(post)}
    best = max(likes, key=lambda form: likes[form])
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


def _likeness(config: Config, a: str, b: str) -> float:
    return likeness(a.split(), b.split()) if config.metric == WORDS else likeness(a, b)


def _is_valid(config: Config, value: Json) -> bool:
    """Words of several texts can be longer together than any text was allowed to be."""
    return config.min_length <= len(str(value)) <= config.max_length


def _leaders(post: Mapping[str, float]) -> list[str]:
    top = max(post.values())
    return sorted(form for form, share in post.items() if share >= top - 1e-12)
