// Every kind of question and what draws it: (question, id, form) => the control of that question.
//
// A control has `element` and `error`; `focus()`, `read()` (null where it is unanswered) and `write(value)`; and, where
// the kind has more to say: `press(digit)`, `fault(value)` ("" where the value is fine, null to ask only whether it
// is there), `inWords(value)`, `oneChoice` (one press answers it), `busy` (the next digit is for it), and `stage`: an
// element that stands in the row, in place of some of its columns.

import { boxes } from "./boxes.js";
import { choice } from "./choice.js";
import { choices } from "./choices.js";
import { number } from "./number.js";
import { pairwise } from "./pairwise.js";
import { ranking } from "./ranking.js";
import { rating } from "./rating.js";
import { spans } from "./spans.js";
import { taxonomy } from "./taxonomy.js";
import { text } from "./text.js";

export const DRAWERS = { boxes, choice, choices, number, pairwise, ranking, rating, spans, taxonomy, text };
