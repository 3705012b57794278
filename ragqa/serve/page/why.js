// Why the best answer was given: what found its passage, what made its score, and what there would be without it.

import { el, fill } from "./dom.js";
import { sure } from "./answers.js";
import { words } from "./words.js";

/** Put an explanation, as the service gives it, into an element. */
export function showWhy(place, { explanation }) {
  const { best, passages, score, without } = explanation;
  const passage = passages.find((each) => each.passage === best.passage);
  fill(
    place,
    el("h3", {}, words.whyTitle),
    passage && found(passage, passages.length),
    score && scoreElement(score),
    without
      ? el("p", {}, `${words.whyWithout} `, el("q", { dir: "auto" }, without.text), `, ${sure(without.probability)}.`)
      : el("p", {}, words.whyWithoutNothing),
  );
}

function found(passage, count) {
  const own = Object.entries(passage.words).sort((one, other) => other[1] - one[1]);
  const most = Math.max(...own.map(([, value]) => value), 0.001);
  const bar = ([word, value]) => el("li", {}, el("span", { dir: "auto" }, word), meter(value / most), number(value));
  return [
    own.length > 0 && el("p", {}, `${words.whyFound}:`),
    own.length > 0 && el("ul", { class: "bars" }, own.map(bar)),
    el("p", {}, [
      passage.dense !== null && `… ${words.whyMeaning(passage.dense.toFixed(2))} `,
      `${words.whyRank(passage.rank, count)} `,
      passage.null !== null && words.whyRead(percent(1 - passage.null)),
    ]),
  ];
}

function scoreElement(score) {
  const rows = [["bias", score.bias], ...Object.entries(score.features).map(([name, each]) => [name, each.product])];
  const most = Math.max(...rows.map(([, value]) => Math.abs(value)), 0.001);
  const bar = ([name, value]) =>
    el("li", {}, words.features[name] ?? name, meter(Math.abs(value) / most, value < 0), number(value, true));
  const given =
    score.threshold === null
      ? words.whyNone
      : words.whyThreshold(score.probability.toFixed(2), score.threshold.toFixed(2));
  return [
    el("h4", {}, words.whyScore),
    el("ul", { class: "bars" }, rows.map(bar)),
    el("p", { class: "note" }, words.whyScoreNote, " ", given),
  ];
}

// styles in the page are forbidden, so that the length is one of twenty classes
const meter = (share, against = false) =>
  el("i", { class: `meter m${Math.round(share * 20)}${against ? " against" : ""}`, "aria-hidden": "true" });

const number = (value, signed = false) => {
  const shown = Math.abs(value).toFixed(1);
  return el("b", {}, signed ? `${value < 0 && shown !== "0.0" ? "−" : "+"}${shown}` : shown);
};

const percent = (share) => (share > 0.99 ? "more than 99 %" : `${Math.round(share * 100)} %`);
