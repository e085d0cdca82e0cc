"""Each kind of question on the worker's screen: answered as people do it, and read back as it was meant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.stories.acts import call, launch
from tests.stories.conftest import wait_for

pytestmark = pytest.mark.story
TEXT = "Ada Lovelace met Charles Babbage in London 🙂 in 1833."
TREE: list[Any] = [{"value": "clothes", "children": ["shoes", "hats"]}, "other"]


class Act(NamedTuple):
    """A question, how it is answered, and the answer that is meant."""

    question: dict[str, Any]
    answer: Callable[[Page], None]
    meant: Any


def keys(*pressed: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        for key in pressed:
            page.keyboard.press(key)

    return press


def written(page: Page) -> None:
    page.get_by_label("How many?").fill("1 234,5")
    page.keyboard.press("Enter")


def marked_by_keys(page: Page) -> None:
    page.get_by_role("textbox", name="Mark people").focus()
    keys("ArrowRight", "Shift+ArrowRight", "1", *["ArrowRight"] * 5, "2", "Enter")(page)


def marked_by_pointer(page: Page) -> None:
    page.get_by_text(TEXT).dblclick(position={"x": 12, "y": 20})  # the first word
    page.get_by_role("button", name="Person").click()
    page.locator("[data-act=submit]").click()


def put_in_order(page: Page) -> None:
    for name in ("long", "short", "long", "long"):  # taken out again and put in last
        page.get_by_role("button", name=name).click()
    page.locator("[data-act=submit]").click()


def searched_down(page: Page) -> None:
    page.get_by_role("button", name="clothes").click()
    page.get_by_role("button", name="hats").click()
    page.locator("[data-act=submit]").click()


#: one answer settles a task, so that no expert is asked; and nothing is paid while other stories count money
ONE_WILL_DO: dict[str, Any] = {
    "min_overlap": 1,
    "max_overlap": 1,
    "target_accuracy": 0.5,
    "acceptance_seconds": 86_400,
}
ASKED = {"name": "q"}
SCALE = ASKED | {"kind": "rating", "min": 0, "max": 5, "labels": {"0": "bad", "5": "good"}}
NUMBER = ASKED | {"kind": "number", "title": "How many?", "min": 0, "unit": "people"}
ORDER = ASKED | {"kind": "ranking", "options": ["short", "medium", "long"]}
PLACE = ASKED | {"kind": "taxonomy", "tree": TREE}
SPANS = ASKED | {"kind": "spans", "title": "Mark people", "column": "text", "labels": ["Person", "Place"]}
ACTS = {
    "rating by key": Act(SCALE, keys("0"), 0),
    "number with a comma": Act(NUMBER, written, 1234.5),
    "ranking": Act(ORDER, put_in_order, ["short", "medium", "long"]),
    "taxonomy": Act(PLACE, searched_down, ["clothes", "hats"]),
    "taxonomy by keys": Act(PLACE, keys("1", "2", "Enter"), ["clothes", "hats"]),
    "spans by keys": Act(
        SPANS,
        marked_by_keys,
        [{"start": 0, "end": 12, "label": "Person"}, {"start": 36, "end": 42, "label": "Place"}],
    ),
    "spans by pointer": Act(SPANS, marked_by_pointer, [{"start": 0, "end": 3, "label": "Person"}]),
}


PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='400' height='200'%3E"
    "%3Crect x='100' y='50' width='200' height='100' fill='teal'/%3E%3C/svg%3E"
)
BOXES = ASKED | {"kind": "boxes", "column": "picture", "labels": ["car", "dog"]}


def results_of(page: Page, batch: str) -> list[Any]:
    """What the batch's answers say so far."""
    rows = call(page, "GET", f"/batches/{batch}/results")["results"]
    return [row["value"]["q"] for row in rows if row["answers"]]


def test_each_kind_is_answered_and_read_back(sign_in: Callable[..., Page]) -> None:
    client = sign_in("client")
    batches = {
        name: launch(client, name, f"id,text\n1,{TEXT}\n", question=act.question, **ONE_WILL_DO)
        for name, act in ACTS.items()
    }
    page = sign_in("worker")
    for name, act in ACTS.items():
        page.goto(f"/work/{batches[name]}")
        expect(page.locator("[data-part=row]")).to_contain_text("Ada")
        page.wait_for_timeout(400)  # a person reads; keys are deaf for a moment after a swap
        act.answer(page)
        expect(page.locator("[data-part=state]")).to_be_visible()
        page.goto("/work")  # leaving sends what is held back for undoing
    for name, batch in batches.items():
        wait_for(partial(results_of, client, batch), f"the answer to {name} never came", 40)
    told = {name: results_of(client, batch) for name, batch in batches.items()}
    assert told == {name: [act.meant] for name, act in ACTS.items()}


def test_two_are_compared_side_by_side_in_an_order_drawn_for_the_task(sign_in: Callable[..., Page]) -> None:
    client = sign_in("client")
    question = ASKED | {"kind": "pairwise", "title": "Which is better?", "left": "a", "right": "b"}
    rows = "id,a,b\n" + "".join(f"{n},left words,right words\n" for n in range(12))
    batch = launch(client, "Pairs", rows, question=question, suite_size=12, **ONE_WILL_DO)
    page = sign_in("worker")
    page.goto(f"/work/{batch}")
    firsts = []
    for _ in range(12):
        cards = page.locator(".pair-card")
        expect(cards).to_have_count(2)
        firsts.append("left" in cards.first.inner_text())
        page.wait_for_timeout(400)
        cards.filter(has_text="right words").click()
        expect(page.locator(".pair-card[data-chosen]:visible")).to_have_count(0)
    expect(page.locator("[data-part=state]")).to_be_visible()
    assert len(set(firsts)) == 2
    page.goto("/work")

    def all_right() -> bool:
        return results_of(client, batch) == ["right"] * 12

    wait_for(all_right, "not all of the answers say what was pressed", 40)


def drawn(page: Page, *, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the picture from one place to another, both as shares of it."""
    place = page.locator(".picture-layer").bounding_box()
    assert place is not None
    ways = [(place["x"] + x * place["width"], place["y"] + y * place["height"]) for x, y in (start, end)]
    page.mouse.move(*ways[0])
    page.mouse.down()
    page.mouse.move(*ways[1], steps=4)
    page.mouse.up()


def test_boxes_are_drawn_changed_and_taken_away(sign_in: Callable[..., Page]) -> None:
    client = sign_in("client")
    rows = f'id,picture\n1,"{PICTURE}"\n2,"{PICTURE}"\n'
    batch = launch(client, "Boxes", rows, question=BOXES, suite_size=2, **ONE_WILL_DO)
    page = sign_in("worker")
    page.goto(f"/work/{batch}")
    picture = page.locator(".picture-layer")
    # by pointer: drawn, pulled larger by a handle, moved; one more, called something else; one taken away
    expect(picture).to_be_visible()
    page.wait_for_timeout(400)
    drawn(page, start=(0.25, 0.25), end=(0.5, 0.5))
    drawn(page, start=(0.5, 0.5), end=(0.75, 0.75))
    drawn(page, start=(0.6, 0.6), end=(0.5, 0.6))
    keys("Escape", "2")(page)
    drawn(page, start=(0.05, 0.05), end=(0.15, 0.15))
    expect(page.locator(".box")).to_have_count(2)
    page.get_by_role("button", name="Remove box 2").click()
    page.locator("[data-act=submit]").click()
    # by keys alone
    expect(page.locator(".box")).to_have_count(0)
    page.wait_for_timeout(400)
    picture.focus()
    keys("n", "ArrowRight", "Shift+ArrowDown", "2", "n", "Delete", "Enter")(page)
    expect(page.locator("[data-part=state]")).to_be_visible()
    page.goto("/work")
    wait_for(lambda: len(results_of(client, batch)) == 2, "the boxes never came to the client", 40)
    told = results_of(client, batch)
    assert [(each["width"], each["height"], len(each["regions"])) for each in told] == [(400, 200, 1)] * 2
    by_label = {each["regions"][0].pop("label"): each["regions"][0] for each in told}
    assert by_label["car"] == pytest.approx({"x": 60, "y": 50, "width": 200, "height": 100}, abs=3)
    assert by_label["dog"] == {"x": 154, "y": 75, "width": 100, "height": 52}
