// The page's address says what is shown, so that it can be sent: #q=…&i=…&g=…, with &t=1 where the words were searched
// for as typed, and with a document &d=…&s=…&e=…

/** What an address says; fields that it does not name are null. */
export function readAddress(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name) => (/^\d{1,12}$/.test(fields.get(name) ?? "") ? Number(fields.get(name)) : null);
  const document = fields.get("d");
  return {
    question: fields.get("q"),
    index: fields.get("i"),
    generation: number("g"),
    asTyped: fields.get("t") === "1",
    place: document ? { document, start: number("s") ?? 0, end: number("e") ?? 0 } : null,
  };
}

/** The part of an address behind "#", for a question and the state of the index that answered it. */
export function writeAddress({ question, index, generation, asTyped, place }) {
  const fields = new URLSearchParams();
  if (question) fields.set("q", question);
  if (index) fields.set("i", index);
  if (generation) fields.set("g", String(generation));
  if (asTyped) fields.set("t", "1");
  if (place) {
    fields.set("d", place.document);
    fields.set("s", String(place.start));
    fields.set("e", String(place.end));
  }
  return `#${fields}`;
}

/** The whole address of what is written so. */
export function link(state) {
  return new URL(writeAddress(state), window.location.href).href;
}
