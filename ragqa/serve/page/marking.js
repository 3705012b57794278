// The form under an opened document that takes the right answer: marked in the text, or typed.

import { byId } from "./dom.js";
import { plain } from "./troubles.js";
import { words } from "./words.js";

/** `reader` shows the document; `judge(exchange, verdict)` tells the service, with a promise that is kept then. */
export class Marking {
  constructor(reader, judge) {
    Object.assign(this, { reader, judge, exchange: null, marked: null, pressing: false });
    this.part = byId("marking");
    this.field = byId("marking-answer");
    this.said = byId("marking-said");
    // that of the text; a field tells of its own selection in the same way
    document.addEventListener("selectionchange", (event) => event.target === document && this.take());
    reader.body.addEventListener("pointerdown", () => (this.pressing = true));
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => this.release());
    this.field.addEventListener("input", () => (this.marked = null));
    byId("marking-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  /** Offer the form for the question of an exchange; without one there is none. */
  offer(exchange) {
    this.exchange = exchange;
    this.part.hidden = !exchange;
    this.part.open = false;
    this.clear();
    this.said.textContent = "";
    byId("marking-label").textContent = exchange ? words.markLabel(exchange.reply.question) : "";
  }

  /** Open the form, for somebody who came to say what is right. */
  begin() {
    if (this.part.hidden) return;
    this.part.open = true;
    this.field.focus({ preventScroll: true });
  }

  /** Take what is marked in the text into the form. */
  take() {
    const marked = this.part.hidden ? null : this.reader.marked();
    if (!marked) return;
    this.marked = marked;
    this.field.value = marked.answer;
    this.said.textContent = "";
    if (!this.pressing) this.part.open = true; // not before the mark is done: the text above would move
  }

  release() {
    if (this.pressing) {
      this.pressing = false;
      this.take();
    }
  }

  async send() {
    const typed = this.field.value.trim();
    if (!typed) {
      this.said.textContent = words.markEmpty;
      this.field.focus();
      return;
    }
    const claim = this.marked ?? this.reader.found(typed) ?? { answer: typed };
    try {
      await this.judge(this.exchange, { verdict: "right", ...claim });
      this.said.textContent = claim.document ? words.markNoted(claim.answer) : words.markNowhere(claim.answer);
      this.clear();
    } catch (error) {
      this.said.textContent = plain(error);
    }
  }

  clear() {
    this.marked = null;
    this.field.value = "";
  }
}
