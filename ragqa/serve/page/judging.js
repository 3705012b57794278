// What somebody says of an answer: that it is right or wrong, or that nothing there answers the question.

import { button, el } from "./dom.js";
import { plain } from "./troubles.js";
import { words } from "./words.js";

/**
 * Under an answer: a thumb up and one down, and after the latter what may be said further. `place` is where the answer
 * stands. An exchange remembers in `said` what was said of each of its answers.
 */
export function thumbs(answer, place, exchange, acts) {
  const claim = { answer: answer.text, document: place.document, start: place.start, end: place.end };
  const judge = new Judge(exchange, `${place.document}:${place.start}:${place.end}`, acts);
  const further = el(
    "div",
    { class: "acts", role: "group", "aria-label": words.wrongThen },
    button(words.markAnswer, () => acts.mark(place)),
    judge.button("none", words.noneAnswers),
  );
  const buttons = [
    judge.button("right", words.thumbUp, claim, { class: "thumb" }),
    judge.button("wrong", words.thumbDown, claim, { class: "thumb down" }),
  ];
  judge.show((said) => (further.hidden = said !== "wrong" && said !== "none"));
  return { buttons, rest: [further, judge.told] };
}

/** Where no answer was given: the button that says so is right. */
export function noneButton(exchange, acts) {
  const judge = new Judge(exchange, "", acts);
  const row = el("div", { class: "acts" }, judge.button("none", words.noneAnswers));
  judge.show();
  return [row, judge.told];
}

/** The buttons that say something of one answer, of which one at most is pressed, and a line on what came of it. */
class Judge {
  constructor(exchange, key, acts) {
    Object.assign(this, { exchange, key, acts, buttons: new Map(), busy: false, shown: () => {} });
    this.told = el("p", { class: "note told", role: "status" });
  }

  button(verdict, text, claim = {}, attributes = {}) {
    const made = button(text, () => this.say(verdict, claim), { ...attributes, "aria-pressed": "false" });
    this.buttons.set(verdict, made);
    return made;
  }

  /** Show what was said; `shown` is told of it now and whenever it changes. */
  show(shown = this.shown) {
    this.shown = shown;
    const said = this.exchange.said.get(this.key);
    for (const [verdict, made] of this.buttons) made.setAttribute("aria-pressed", String(verdict === said));
    shown(said);
  }

  async say(verdict, claim) {
    if (this.busy || this.exchange.said.get(this.key) === verdict) return;
    this.busy = true;
    try {
      await this.acts.judge(this.exchange, { verdict, ...claim });
      this.exchange.said.set(this.key, verdict);
      this.told.textContent = words.noted;
      this.show();
    } catch (error) {
      this.told.textContent = plain(error);
    }
    this.busy = false;
  }
}
