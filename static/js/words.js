// Translated words, written by the template into <template data-words><p data-word="saved">…</p></template>.

let table = null;

function load() {
  table = new Map();
  for (const holder of document.querySelectorAll("template[data-words]")) {
    for (const element of holder.content.querySelectorAll("[data-word]")) {
      table.set(element.dataset.word, element.textContent.trim());
    }
  }
}

/**
 * The sentence called `name`, its {places} filled in. With `count`, the form `name.one`, `name.few`, … of the
 * page's language is taken where there is one. An unknown name is shown as it is, so that a gap is seen.
 */
export function word(name, values = {}) {
  if (!table) load();
  let sentence = table.get(name);
  if ("count" in values) {
    const form = new Intl.PluralRules(document.documentElement.lang || "en").select(Number(values.count));
    sentence = table.get(`${name}.${form}`) ?? table.get(`${name}.other`) ?? sentence;
  }
  return (sentence ?? name).replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
