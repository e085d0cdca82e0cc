// A project's question as workers see it, on the project's page: to look at, not to answer.

import { find, findAll, readSettings } from "../dom.js";
import { QuestionForm } from "../questions.js";

const form = new QuestionForm(readSettings("schema"));
for (const control of findAll("input, textarea, button", form.element)) control.disabled = true;
find("[data-part=preview]").replaceChildren(...form.stages.map(({ element }) => element), form.element);
