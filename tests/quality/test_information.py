"""information: what the next answer is expected to teach, and from whom."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.truth.information import expected_information, informativeness, tells


def _coin(accuracy: float, n_labels: int = 2) -> np.ndarray:
    wrong = (1 - accuracy) / (n_labels - 1)
    return np.log(np.where(np.eye(n_labels, dtype=bool), accuracy, wrong))


def test_it_expects_everything_from_someone_who_is_never_wrong() -> None:
    assert informativeness(_coin(1 - 1e-12)[None])[0] == pytest.approx(np.log(2), abs=1e-6)


def test_it_expects_nothing_from_a_coin() -> None:
    assert informativeness(_coin(0.5)[None])[0] == pytest.approx(0.0, abs=1e-12)


def test_it_expects_as_much_from_someone_who_is_always_wrong() -> None:
    assert informativeness(_coin(0.1)[None]) == pytest.approx(informativeness(_coin(0.9)[None]))


def test_it_expects_less_where_less_is_open() -> None:
    post = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    taught = expected_information(post, np.repeat(_coin(0.8)[None], 3, axis=0))
    assert taught[0] > taught[1] > taught[2]
    assert taught[2] == pytest.approx(0.0, abs=1e-12)


def test_it_agrees_with_the_capacity_of_a_symmetric_channel() -> None:
    # one bit less the entropy of the noise, in nats
    noise = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    assert informativeness(_coin(0.8)[None])[0] == pytest.approx(np.log(2) - noise)


def test_it_compares_workers_with_the_mean_answer_of_the_crowd() -> None:
    told = tells(np.array([0.1, 0.4, 0.0]), np.array([30, 10, 10]))
    assert told == pytest.approx([0.1 / 0.14, 0.4 / 0.14, 0.0])


def test_all_are_alike_where_nobody_teaches_anything_or_nobody_answered() -> None:
    assert tells(np.zeros(2), np.array([3, 4])).tolist() == [1.0, 1.0]
    assert tells(np.array([0.1, 0.2]), np.zeros(2, dtype=np.int64)).tolist() == [1.0, 1.0]
