// A quotation marked in the text around it.

import { cut, length, slice } from "./codepoints.js";
import { el } from "./dom.js";
import { flowing } from "./flow.js";

const SNIPPET = 90; // characters around a quotation in a list
const BEFORE = 220; // characters of a passage in front of the sentence that answers
const AFTER = 320; // and behind it

/** A passage with the answer marked, its sentence in full ink, and the rest paler. Spans count code points. */
export function markedPassage(text, span, sentence) {
  const pieces = cut(flowing(text), [sentence.start, span.start, span.end, sentence.end]);
  return [
    el("span", { class: "around" }, ending(pieces[0], BEFORE)),
    el("span", { class: "sentence" }, pieces[1], el("mark", {}, pieces[2]), pieces[3]),
    el("span", { class: "around" }, close(beginning(pieces[4], AFTER))),
  ];
}

/** A text with one span marked; an empty span marks nothing. */
export function markedText(text, start, end) {
  const [before, quotation, after] = cut(flowing(text), [start, end]);
  return quotation ? [before, el("mark", {}, quotation), after] : [before + after];
}

/** A few words on each side of a span, marked. */
export function snippet(text, span) {
  const first = Math.max(0, span.start - SNIPPET);
  const whole = length(text);
  const last = Math.min(whole, span.end + SNIPPET);
  const shown = slice(text, first, last).replaceAll("\n", " ");
  return [first > 0 && "…", ...markedText(shown, span.start - first, span.end - first), last < whole && "…"];
}

/** The beginning of a text. */
export function beginning(text, most) {
  return flowing(slice(text, 0, most).trimEnd()) + (length(text) > most ? "…" : "");
}

function ending(text, most) {
  const left = length(text) - most;
  return close(left > 0 ? `…${slice(text, left, left + most)}` : text);
}

/** Without empty lines. */
const close = (text) => text.replace(/\n\s*\n/g, "\n");
