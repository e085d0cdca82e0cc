"""Reading a folder of recorded answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.replays.recorded import RecordingUnreadable, read_recording
from tests.tasks.replays.recordings import LABELS, write_csv, write_folder


def test_it_keeps_recorded_order_and_repeated_pairs(tmp_path: Path) -> None:
    recording = read_recording(write_folder(tmp_path / "crowd"))
    assert [(a.task, a.worker, a.label) for a in recording.answers] == LABELS
    assert recording.name == "crowd"
    assert (recording.tasks, recording.workers) == (("a", "b"), ("w1", "w2"))


def test_it_takes_the_classes_from_answers_and_truth(tmp_path: Path) -> None:
    recording = read_recording(write_folder(tmp_path))
    assert recording.classes == ("0", "1", "2")


def test_it_orders_numbers_by_size_and_puts_words_last(tmp_path: Path) -> None:
    labels = [("a", "w1", "10"), ("a", "w2", "9"), ("a", "w3", "maybe")]
    recording = read_recording(write_folder(tmp_path, labels=labels, gold=[("a", "9")]))
    assert recording.classes == ("9", "10", "maybe")


def test_it_reads_seconds_where_they_make_sense(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    rows = [("a", "w1", "1", "2.5"), ("a", "w2", "1", ""), ("b", "w1", "1", "-3"), ("b", "w2", "1", "soon")]
    write_csv(folder / "labels.csv", ["task", "worker", "label", "seconds"], rows)
    assert [a.seconds for a in read_recording(folder).answers] == [2.5, None, None, None]


def test_it_reads_content_and_renames_reserved_columns(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, items=[("a", "meow", "7")])
    assert read_recording(folder).items == {"a": {"text": "meow", "item_id": "7"}}


def test_it_cuts_after_so_many_answers(tmp_path: Path) -> None:
    cut = read_recording(write_folder(tmp_path)).first(2)
    assert (len(cut.answers), cut.tasks, cut.classes) == (2, ("a",), ("0", "1", "2"))


@pytest.mark.parametrize(
    "labels",
    [
        [("a", "w1", "[[1,2,3,4]]"), ("b", "w1", "[]")],
        [("a", "w1", "a sentence " * 12), ("b", "w1", "another")],
        [(f"t{n}", "w1", f"text {n}") for n in range(300)],
    ],
    ids=["boxes", "long texts", "many texts"],
)
def test_it_refuses_answers_that_are_no_classes(tmp_path: Path, labels: list[tuple[str, str, str]]) -> None:
    folder = write_folder(tmp_path, labels=labels, gold=[("a", labels[0][2])])
    with pytest.raises(RecordingUnreadable, match="not out of a list of classes"):
        read_recording(folder)


def test_it_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadable, match=r"labels\.csv cannot be read"):
        read_recording(tmp_path / "nowhere")


def test_it_refuses_a_file_without_a_needed_column(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    write_csv(folder / "gold.csv", ["task", "answer"], [("a", "1")])
    with pytest.raises(RecordingUnreadable, match="no column label"):
        read_recording(folder)


def test_it_refuses_an_empty_cell_and_names_the_line(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, labels=[("a", "w1", "1"), ("a", "", "1")])
    with pytest.raises(RecordingUnreadable, match="line 3"):
        read_recording(folder)


def test_it_refuses_what_is_not_text(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "labels.csv").write_bytes(b"task,worker,label\n\xff\xfe,w1,1\n")
    with pytest.raises(RecordingUnreadable, match="UTF-8"):
        read_recording(folder)


def test_it_refuses_a_file_without_answers(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadable, match="no answers"):
        read_recording(write_folder(tmp_path, labels=[]))
