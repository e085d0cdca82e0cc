"""Sentences of our own, to be told by their tone. Pure."""

from __future__ import annotations

from tasks.demo.content import DemoProject, DemoRow

TONES = ("good", "bad", "neither")
GUIDELINES = """
Read the sentence as a guest, a buyer or a neighbour would have written it. How does it sound?

- **good**: the writer is pleased.
- **bad**: the writer is displeased, also when the words are polite.
- **neither**: a plain fact, or praise and blame in equal parts.

Judge the writer's tone, not what you would feel yourself. Irony counts as what it *means*.
"""
GOOD = """
The bread was still warm when we got it home, and nobody could wait for dinner.
Three calls, three friendly people, and the kettle works again.
I came for one night and stayed for four.
The tent kept us dry through the worst storm of the year.
Our daughter has asked every day since when we can go back.
The seamstress noticed a second tear and mended it without a word on the bill.
Best soup on this side of the river, and I have tried them all.
It starts in the cold, it starts in the rain, it just starts.
The librarian found the map I had been hunting for ten years.
For once the picture on the box was telling the truth.
My hands stopped hurting after the first week with this rake.
They held the ferry two minutes for us; we will not forget that.
The quiet carriage was really quiet.
I have given this lamp to four friends and all four thanked me twice.
The guide knew every bird by its voice and never hurried the slow ones.
Even the waiting room was pleasant, and the dentist was better still.
The seeds came up thick and early, and the beans have not stopped since.
I would cross town for that apple cake.
The new stairs do not creak, do not slip and look as if they had always been there.
She explained the contract so well that even my uncle understood it.
The battery lasted the whole walk, with half of it to spare.
Small room, enormous welcome.
"""
BAD = """
The soup arrived cold, and so did the apology.
Two buttons were gone before I had worn it once.
We waited an hour for a taxi that had been sent to another town.
The handle came off in my hand, with the door still shut.
I have had softer nights on a railway platform.
What a wonderful umbrella: it keeps the rain in.
They promised Tuesday, then Friday, then nothing at all.
The paint smelled for a month and peeled for another.
Thank you for the lovely scratch on our new floor.
The map shows a path where there has been a fence for years.
It is hard to say which was staler, the air or the bread.
The charger lasted as long as it took to throw away the box.
Nobody at the desk looked up, so in the end we left.
If you enjoy queues, this is the bank for you.
The kettle boils well enough, but it also drips into the socket.
My order came quickly; sadly it was somebody else's.
The shoes fit until the first rain, and then they fit nobody.
We asked for a quiet table and were given one beside the drums.
Never again, not even as a present.
The lock opens with my key and, as we found out, with the neighbour's.
Half the seeds were stones.
The heating works best in August.
"""
NEITHER = """
The shop opens at nine and closes at six.
The parcel was left with the neighbour on the second floor.
This lamp takes a bulb with a small base, which is not in the box.
The bus to the harbour leaves from the other side of the square.
We stayed from Monday to Thursday in a room on the first floor.
The jacket comes in green, grey and dark blue.
The food was excellent and the bill outrageous, so it evens out.
The museum has moved to the old mill since our last visit.
A spare wheel is under the seat, the jack is behind it.
I bought the larger one because the smaller one was sold out.
The beach was lovely and the road to it dreadful.
The manual has forty pages and is printed in three languages.
Dinner is served in the garden when it does not rain.
The chair is light and cheap; it also looks it, and wobbles.
You need the form, a photograph and a proof of address.
The second season of the course begins in autumn.
Our ticket was checked twice between the two towns.
The tap turns to the left for hot water.
Good lenses, poor case; I would call it a draw.
There are four rooms on each floor and one kitchen for all.
The film lasts two hours and has no interval.
The fence was painted by the owner before we came.
"""
#: nobody can tell these for sure; the second column is what an expert says
UNCLEAR = {
    "Well, that was certainly a dinner.": "bad",
    "You will not find another hotel like it.": "good",
    "It is exactly as good as it has to be.": "neither",
    "The band played until four, and the walls are thin.": "bad",
}
REASONS = {
    "I came for one night and stayed for four.": "Staying longer than planned is praise.",
    "I would cross town for that apple cake.": "Going far for a cake means that it is good.",
    "Small room, enormous welcome.": "The writer closes on the welcome: pleased.",
    "What a wonderful umbrella: it keeps the rain in.": "Irony: an umbrella should keep the rain out.",
    "Never again, not even as a present.": "“Never again” says it all.",
    "If you enjoy queues, this is the bank for you.": "Irony: the writer does not enjoy queues.",
    "The shop opens at nine and closes at six.": "A plain fact, without praise or blame.",
    "Good lenses, poor case; I would call it a draw.": "Praise and blame in equal parts.",
    "The film lasts two hours and has no interval.": "A plain fact, without praise or blame.",
}


def sentences() -> DemoProject:
    """Sentences of three tones, and a few that could be read either way."""
    rows: list[DemoRow] = []
    for tone, text in zip(TONES, (GOOD, BAD, NEITHER), strict=True):
        rows += [_row(sentence, tone, 0.15) for sentence in text.strip().splitlines()]
    rows += [_row(sentence, tone, 1.0) for sentence, tone in UNCLEAR.items()]
    return DemoProject(
        key="sentences",
        name="The tone of a sentence",
        question={
            "name": "tone",
            "kind": "choice",
            "title": "How does the sentence sound?",
            "options": [{"value": tone, "label": tone.capitalize()} for tone in TONES],
        },
        display=[{"field": "sentence", "as": "quote"}],
        guidelines=GUIDELINES,
        rows=rows,
        terms={"reward_micros": 40_000, "seconds_per_task": 10, "suite_size": 5},
    )


def _row(sentence: str, tone: str, hard: float) -> DemoRow:
    number = sum(map(ord, sentence))
    return DemoRow(
        id=f"{tone}-{number}-{len(sentence)}",
        data={"sentence": sentence},
        truth=tone,
        wrong=[other for other in TONES if other != tone],
        hard=hard,
        reason=REASONS.get(sentence, ""),
    )
