// A quotation marked in the text around it.

import { cut, length, slice } from "./codepoints.js";
import { el } from "./dom.js";
import { flowing } from "./flow.js";

const SNIPPET = 90; // characters around a quotation in a list

/** A passage with the answer marked, its sentence in full ink, and the rest paler. Spans are code points of the text. */
export function markedPassage(text, span, sentence) {
  const pieces = cut(flowing(text), [sentence.start, span.start, span.end, sentence.end]);
  return [
    el("span", { class: "around" }, pieces[0]),
    el("span", { class: "sentence" }, pieces[1], el("mark", {}, pieces[2]), pieces[3]),
    el("span", { class: "around" }, pieces[4]),
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
  const start = slice(text, 0, most).trim();
  return flowing(start) + (length(text) > most ? "…" : "");
}
