// A reply as the page shows it: the answer first, what says the same, other answers; or nothing, and what comes near.

import { link } from "./address.js";
import { button, el } from "./dom.js";
import { noneButton, thumbs } from "./judging.js";
import { beginning, markedPassage, snippet } from "./marked.js";
import { fileName, placeOf } from "./place.js";
import { cases, dots } from "./sure.js";
import { words } from "./words.js";

const NEAREST = 5; // passages that are shown where nothing was found
const BEGINNING = 280; // characters of them

/**
 * The element of an exchange. `acts.open(place)` opens a document, `acts.why(exchange, where)` explains the best one,
 * `acts.asTyped(exchange)` asks the question again with the words as they are.
 * Where the service wants to know what people say of answers, `acts.judge(exchange, verdict)` tells it, and
 * `acts.mark(place)` opens a document to have the right answer marked in it.
 * An element of class "item" is a stop of the keys j and k; Enter presses its first button.
 */
export function exchangeElement(exchange, acts) {
  const { reply, notes } = exchange;
  const [best, ...others] = reply.answers;
  return el(
    "article",
    { class: "exchange" },
    el("h2", { class: "question", dir: "auto", tabindex: "-1" }, reply.typed ?? reply.question),
    reply.typed && reply.typed !== reply.question && changed(words.understood, reply.question),
    reply.searched && [
      changed(words.searched, reply.searched),
      button(words.asTyped, () => acts.asTyped(exchange), { class: "as-typed" }),
    ],
    [...notes, reply.note].filter(Boolean).map((note) => el("p", { class: "note", dir: "auto" }, note)),
    best
      ? answerElement(best, exchange, acts, true)
      : !reply.parts?.some((part) => part.answers.length > 0) && nothing(exchange, acts),
    others.length > 0 && el("h3", {}, words.others),
    others.map((answer) => answerElement(answer, exchange, acts, false)),
    reply.parts?.flatMap((part) => partElements(part, exchange, acts)),
    el("p", { class: "account" }, account(reply)),
  );
}

/** How sure an answer is, in one line of text. */
export const sure = (score) => words.right(cases(score));

/** Where a passage stands, in one line of text. */
export function placeText(source, title, line) {
  const { file, parts } = placeOf(source, line);
  return [title || fileName(file), ...parts.map(([kind, value]) => words.part(kind, value))].join(", ");
}

function changed(said, question) {
  return el("p", { class: "note understood" }, `${said} `, el("q", { dir: "auto" }, question));
}

function answerElement(answer, exchange, acts, isBest) {
  const place = placeOfAnswer(answer);
  const why = isBest && el("div", { class: "why", hidden: true });
  const judged = acts.judge && thumbs(answer, place, exchange, acts);
  return el(
    "section",
    {
      class: isBest ? "item answer best" : "item answer",
      tabindex: "-1",
      "aria-label": `${words.answer}: ${answer.text}`,
    },
    answer.faq && el("p", { class: "note" }, words.stored),
    answer.verdict && el("p", { class: "verdict" }, words.verdict[answer.verdict]),
    el("blockquote", { dir: "auto" }, ...markedPassage(answer.passage.text, answer.span, answer.sentence)),
    sureElement(answer.score),
    placeElement(answer.passage, answer.line),
    el(
      "div",
      { class: "acts" },
      button(words.open, () => acts.open(place), { class: "main" }),
      why && whyButton(why, () => acts.why(exchange, why)),
      copying(words.copy, () => answer.text),
      isBest && copying(words.copyLink, () => link(exchange.address)),
      judged && judged.buttons,
    ),
    judged && judged.rest,
    why,
    supportElement(answer, exchange.reply, acts),
  );
}

/** The button that shows and hides an explanation, which is asked for when it is shown first. */
function whyButton(part, explain) {
  const press = (event) => {
    part.hidden = !part.hidden;
    event.currentTarget.setAttribute("aria-expanded", String(!part.hidden));
    if (!part.hidden && !part.hasChildNodes()) explain();
  };
  return button(words.why, press, { "aria-expanded": "false" });
}

/** What was found for one of two things that are compared. */
function partElements(part, exchange, acts) {
  const [found] = part.answers;
  return [
    el("h3", { dir: "auto" }, part.question),
    found ? answerElement(found, { ...exchange, reply: part }, acts, false) : el("p", {}, words.nothing),
  ];
}

function placeOfAnswer(answer) {
  return {
    document: answer.passage.doc_id,
    start: answer.document_span.start,
    end: answer.document_span.end,
    passage: answer.passage,
    span: answer.span,
  };
}

function sureElement(score) {
  const full = dots(score);
  const row = Array.from({ length: 10 }, (_, place) => el("i", { class: place < full ? "full" : "" }));
  const shown = el("span", { class: "dots", "aria-hidden": "true" }, row);
  return el("p", { class: "sure" }, shown, el("span", {}, sure(score)));
}

function placeElement(passage, line) {
  const { file, parts } = placeOf(passage.source, line);
  const trail = [passage.title, passage.heading].filter(Boolean).join(" › ");
  const where = [fileName(file), ...parts.map(([kind, value]) => words.part(kind, value))].filter(Boolean).join(", ");
  return el(
    "p",
    { class: "place" },
    trail && el("cite", { dir: "auto" }, trail),
    where && el("span", { dir: "auto" }, where),
  );
}

function supportElement(answer, reply, acts) {
  const count = answer.support.length;
  if (!count) return null;
  const passages = new Map(reply.hits.map((hit) => [hit.passage.id, hit.passage]));
  const rows = answer.support.map((support) => {
    const passage = passages.get(support.passage_id) ?? answer.passage; // a copy has the words of the one that was read
    const place = { document: support.doc_id, ...support.document_span, passage, span: support.span };
    return placeItem(placeText(support.source, "", 0), place, snippet(passage.text, support.span), acts);
  });
  const summary = el("summary", {}, words.support(count));
  return el("details", { class: "support", open: count <= 2 }, summary, el("ul", {}, rows));
}

/** A row of a list of places: where it is, which opens it, and what stands there. */
function placeItem(where, place, text, acts) {
  return el(
    "li",
    { class: "item", tabindex: "-1" },
    button(where, () => acts.open(place), { class: "place-link", dir: "auto" }),
    el("p", { dir: "auto" }, text),
  );
}

function nothing(exchange, acts) {
  const { reply } = exchange;
  const [guess] = reply.candidates;
  const near = reply.hits.slice(0, NEAREST).map(({ passage }) => nearItem(passage, acts));
  return el(
    "section",
    { class: "nothing" },
    el("p", { class: "verdict" }, words.nothing),
    el("p", {}, words.nothingMore),
    guess && guessElement(guess),
    acts.judge && noneButton(exchange, acts),
    acts.judge && near.length > 0 && el("p", { class: "note" }, words.orMark),
    reply.nearest && [
      el("h3", {}, words.likeliest),
      answerElement(reply.nearest, exchange, acts, false),
    ],
    near.length > 0 ? [el("h3", {}, words.nearest), el("ul", { class: "near" }, near)] : el("p", {}, words.noPassages),
  );
}

function guessElement(guess) {
  const quoted = el("q", { dir: "auto" }, guess.text);
  return el("p", { class: "guess" }, `${words.guess} `, quoted, `, ${sure(guess.score)}.`);
}

function nearItem(passage, acts) {
  const place = { document: passage.doc_id, start: passage.start, end: passage.end, passage, span: null };
  const where = placeText(passage.source, passage.title, passage.line);
  return placeItem(where, place, beginning(passage.text, BEGINNING), acts);
}

function account(reply) {
  const found = reply.hits.length;
  return [
    words.read(reply.read, found),
    reply.timings.total !== undefined && words.seconds(reply.timings.total),
    words.generation(reply.generation),
  ]
    .filter(Boolean)
    .join(" · ");
}

function copying(text, content) {
  if (!navigator.clipboard) return null; // browsers have none where the page came over plain HTTP from elsewhere
  return button(text, async (event) => {
    const pressed = event.currentTarget;
    await navigator.clipboard.writeText(content());
    pressed.textContent = words.copied;
    setTimeout(() => (pressed.textContent = text), 1500);
  });
}
