// Choose one option from a list.

import { drawOneOf } from "./parts.js";

export const choice = drawOneOf;
