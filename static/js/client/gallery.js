// Setups people often begin with. They fill the project editor; everything can be changed afterwards.

const shown = (...pairs) => pairs.map(([field, as]) => ({ field, as }));

/** By the name that the page's list has for it: a schema of one question. */
export const GALLERY = {
  image_classification: {
    questions: [{ kind: "choice", title: "What is on the picture?", options: ["cat", "dog", "something else"] }],
    display: shown(["image", "image"]),
  },
  image_boxes: {
    questions: [{ kind: "boxes", title: "Draw a box around each person and each car", column: "image", labels: ["person", "car"] }],
    display: shown(["image", "image"]),
  },
  sentiment: {
    questions: [{ kind: "choice", title: "How does the writer feel about it?", options: ["positive", "neutral", "negative"] }],
    display: shown(["text", "quote"]),
  },
  entities: {
    questions: [{ kind: "spans", title: "Mark every person, place and organisation", column: "text", labels: ["person", "place", "organisation"] }],
    display: shown(["text", "text"]),
  },
  ocr: {
    questions: [{ kind: "text", title: "Write down what the picture says, letter by letter", multiline: true }],
    display: shown(["image", "image"]),
  },
  preference: {
    questions: [{ kind: "pairwise", title: "Which answer is better?", left: "answer_a", right: "answer_b", tie: true }],
    display: shown(["prompt", "quote"], ["answer_a", "text"], ["answer_b", "text"]),
  },
  relevance: {
    questions: [{ kind: "rating", title: "How well does the result answer the search?", min: 0, max: 3, labels: { 0: "not at all", 3: "fully" } }],
    display: shown(["query", "heading"], ["title", "text"], ["url", "link"]),
  },
  moderation: {
    questions: [{ kind: "choices", title: "What is wrong with this post?", options: ["insult", "threat", "hate", "spam"] }],
    display: shown(["text", "quote"]),
  },
  matching: {
    questions: [{ kind: "choice", title: "Are these the same product?", options: ["the same", "a variant of it", "different"] }],
    display: shown(["product_a", "text"], ["product_b", "text"]),
  },
  category: {
    questions: [{ kind: "taxonomy", title: "Where does it belong?", tree: [{ value: "Clothes", children: ["Shoes", "Hats"] }, { value: "Food", children: ["Fruit", "Bread"] }] }],
    display: shown(["text", "text"]),
  },
  counting: {
    questions: [{ kind: "number", title: "How many people are on the picture?", min: 0, max: null, step: 1, unit: "people", tolerance: 0 }],
    display: shown(["image", "image"]),
  },
  ranking: {
    questions: [{ kind: "ranking", title: "Put the summaries in order, the best first", options: ["summary_a", "summary_b", "summary_c"], columns: true }],
    display: shown(["text", "text"], ["summary_a", "text"], ["summary_b", "text"], ["summary_c", "text"]),
  },
};
