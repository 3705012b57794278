// The dialog that shows a document at a place: the text around it, with the quotation marked, and more of it on demand.

import { readDocument, readPicture } from "./api.js";
import { slice } from "./codepoints.js";
import { button, byId, el, fill } from "./dom.js";
import { markedBy, markedText, placeOfWords } from "./marked.js";
import { fileName, placeOf, webAddress } from "./place.js";
import { plain } from "./troubles.js";
import { words } from "./words.js";

const AROUND = 1500; // characters on each side of the quotation at first
const MORE = 6000; // and at each demand for more

/** The dialog. `opened(place)` is told of what is shown, and `closed()` of its end. */
export class Reader {
  constructor({ opened, closed }) {
    this.dialog = byId("reader");
    this.body = byId("reader-body");
    this.opened = opened;
    this.dialog.addEventListener("close", closed);
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    byId("reader-close").addEventListener("click", () => this.dialog.close());
  }

  /** Open a document at a place, `{document, start, end}`; the passage is shown if the document cannot be. */
  async open(index, place) {
    this.shown = null;
    this.turn = Symbol(place.document); // what is opened later takes the place of what is still on its way
    const turn = this.turn;
    this.title(place.passage?.title ?? "", place.passage?.source ?? place.document, place.passage?.line ?? 0);
    fill(this.body, el("p", { class: "note" }, words.loadingDocument));
    if (!this.dialog.open) this.dialog.showModal();
    this.opened(place);
    try {
      const around = { start: place.start, end: place.end, around: AROUND };
      const found = await readDocument(index, place.document, around);
      if (turn !== this.turn) return;
      this.show(index, place, found);
      if (found.picture) await this.draw(index, place, turn);
    } catch (error) {
      if (turn === this.turn) this.passage(place, error);
    }
  }

  title(title, source, line) {
    const { file, parts } = placeOf(source, line);
    const web = webAddress(source);
    byId("reader-title").textContent = title || fileName(file) || words.document;
    const where = [file, ...parts.map(([kind, value]) => words.part(kind, value))].filter(Boolean).join(", ");
    fill(
      byId("reader-place"),
      el("span", { dir: "auto" }, where),
      web && el("a", { href: web, target: "_blank", rel: "noreferrer noopener" }, words.source),
    );
  }

  /** `found` is a part of the document; the quotation lies in it. */
  show(index, place, found) {
    this.title(found.title, found.source, found.line && lineAt(found, place.start));
    const [start, end] = [place.start, place.end].map((point) => Math.max(0, point - found.start));
    const text = this.text(place, found.text, start, end, found.start);
    const more = (side) => () => this.more(index, place, found, side);
    fill(
      this.body,
      found.start > 0 && button(words.earlierText, more("before"), { class: "more" }),
      text,
      found.end < found.length && button(words.laterText, more("after"), { class: "more" }),
    );
    (text.querySelector("mark") ?? text).scrollIntoView({ block: "center" });
    this.body.focus({ preventScroll: true });
  }

  /** Put a picture of the page above its text; where there is none any more, the text is enough. */
  async draw(index, place, turn) {
    const width = Math.round(this.body.clientWidth * Math.min(2, Math.max(1.5, window.devicePixelRatio)));
    const wanted = { start: place.start, end: place.end, width };
    const drawn = await readPicture(index, place.document, wanted).catch(() => null);
    if (!drawn || turn !== this.turn) return;
    const { image, top, bottom } = drawn;
    const canvas = el("canvas", { role: "img", "aria-label": words.picture, width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    this.body.prepend(canvas, el("h3", {}, words.pictureText));
    const middle = canvas.offsetTop - this.body.offsetTop + ((top + bottom) / 2) * canvas.offsetHeight;
    this.body.scrollTop = middle - this.body.clientHeight / 2;
  }

  /** Show more of the document, with what is read now staying where it is. */
  async more(index, place, found, side) {
    const { scrollTop, scrollHeight } = this.body;
    const picture = this.body.querySelectorAll("canvas, h3");
    try {
      this.show(index, place, await this.grown(index, place, found, side));
      this.body.prepend(...picture);
      this.body.scrollTop = scrollTop + (side === "before" ? this.body.scrollHeight - scrollHeight : 0);
    } catch (error) {
      this.body.append(el("p", { class: "note", role: "alert" }, plain(error)));
    }
  }

  /** The part with more of the document before or after it; the whole anew if the document has changed meanwhile. */
  async grown(index, place, found, side) {
    const before = side === "before";
    const wanted = before
      ? { start: Math.max(0, found.start - MORE), end: found.start }
      : { start: found.end, end: Math.min(found.length, found.end + MORE) };
    const part = await readDocument(index, place.document, { ...wanted, around: 0 });
    if (part.generation !== found.generation) {
      return readDocument(index, place.document, { start: place.start, end: place.end, around: AROUND });
    }
    return before
      ? { ...found, start: part.start, line: part.line, text: part.text + found.text }
      : { ...found, end: part.end, text: found.text + part.text };
  }

  /** The element of a text, which is that of the document from a character on. */
  text(place, content, start, end, offset) {
    const element = el("div", { class: "text", dir: "auto" }, markedText(content, start, end));
    this.shown = { element, content, document: place.document, offset, start };
    return element;
  }

  /** What a person has marked in the text, as an answer with its place; null if nothing. */
  marked() {
    const { shown } = this;
    return shown && this.answer(markedBy(document.getSelection(), shown.element, shown.content));
  }

  /** The same for words that were typed; null where they do not stand in the text that is shown. */
  found(typed) {
    const { shown } = this;
    return shown && this.answer(placeOfWords(shown.content, typed, shown.start));
  }

  answer(place) {
    if (!place) return null;
    const { document, offset } = this.shown;
    return { answer: place.text, document, start: offset + place.start, end: offset + place.end };
  }

  passage(place, error) {
    const { passage, span } = place;
    fill(
      this.body,
      el("p", { class: "note", role: "alert" }, plain(error), passage && ` ${words.passageOnly}`),
      passage && this.text(place, passage.text, span?.start ?? 0, span?.end ?? 0, passage.start),
    );
    this.body.focus({ preventScroll: true });
  }
}

/** The line of the source on which a character of the document stands. */
function lineAt(found, point) {
  return found.line + slice(found.text, 0, point - found.start).split("\n").length - 1;
}
