// A quotation marked in the text around it.

import { cut, length, pointOf, slice, unitOf } from "./codepoints.js";
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

/**
 * What a person has marked in an element that shows a text, without white space at its ends: `{start, end, text}` in
 * code points of the text; null where nothing of it is marked.
 */
export function markedBy(selection, element, text) {
  const range = selection.rangeCount ? selection.getRangeAt(0).cloneRange() : null;
  if (!range || range.collapsed || !range.intersectsNode(element)) return null;
  if (!element.contains(range.startContainer)) range.setStart(element, 0);
  if (!element.contains(range.endContainer)) range.setEnd(element, element.childNodes.length);
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const first = before.toString().length; // in units: the element shows the text with some line ends as spaces
  return trimmed(text, first, first + range.toString().length);
}

/** Where words stand in a text, the place that is nearest to a code point; line ends are spaces. Null if nowhere. */
export function placeOfWords(text, words, near) {
  const [where, wanted] = [text, words].map((each) => each.replace(/\s/g, " "));
  const middle = unitOf(text, near);
  let best = null;
  for (let unit = where.indexOf(wanted); unit >= 0; unit = where.indexOf(wanted, unit + 1)) {
    if (best === null || Math.abs(unit - middle) < Math.abs(best - middle)) best = unit;
  }
  return best === null ? null : trimmed(text, best, best + wanted.length);
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

/** Units [first, last) of a text without the white space at their ends, in code points; null if nothing is left. */
function trimmed(text, first, last) {
  const part = text.slice(first, last);
  const start = first + part.length - part.trimStart().length;
  const end = start + part.trim().length;
  return start < end ? { start: pointOf(text, start), end: pointOf(text, end), text: text.slice(start, end) } : null;
}
