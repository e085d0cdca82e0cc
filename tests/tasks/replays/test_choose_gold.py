"""Choosing the tasks whose truth is given away."""

from __future__ import annotations

from tasks.replays.recorded import Answer, Recording, choose_gold


def recording(tasks: int, known: int) -> Recording:
    answers = tuple(Answer(f"t{n}", "w", "1", None) for n in range(tasks))
    return Recording("crowd", answers, {f"t{n}": "1" for n in range(known)}, {}, ("0", "1"))


def test_it_takes_the_share_of_all_tasks_from_those_with_a_truth() -> None:
    gold = choose_gold(recording(100, 40), share=0.1, seed=0)
    assert len(gold) == 10
    assert all(int(task[1:]) < 40 for task in gold)


def test_it_leaves_at_least_half_of_the_known_tasks_for_scoring() -> None:
    assert len(choose_gold(recording(100, 10), share=0.5, seed=0)) == 5


def test_it_chooses_the_same_for_the_same_seed_only() -> None:
    crowd = recording(100, 100)
    assert choose_gold(crowd, share=0.1, seed=1) == choose_gold(crowd, share=0.1, seed=1)
    assert choose_gold(crowd, share=0.1, seed=1) != choose_gold(crowd, share=0.1, seed=2)


def test_it_never_takes_truth_of_a_task_nobody_answered() -> None:
    crowd = recording(2, 2)
    unanswered = Recording("crowd", crowd.answers[:1], crowd.truth, {}, crowd.classes)
    assert choose_gold(unanswered, share=1.0, seed=0) == frozenset()
