// A conversation: a session of the service, and the exchanges so far.

import { ask, explain, judge, startSession } from "./api.js";
import { words } from "./words.js";

const TRIES = 3; // of a question, while the service is busy
const AS_TYPED = { as_typed: true }; // words are not corrected, and keywords are made no question

export class Talk {
  constructor(index) {
    this.index = index;
    this.exchanges = [];
    this.session = null;
  }

  /**
   * Ask a question after those before; an exchange: `{reply, notes, address, said}`, whose `said` is for verdicts on its
   * answers. `generation` is the one that was current when a link was made, null without a link. `found` is told how many
   * passages were found, before they are read. With `asTyped` the words are searched for as they are.
   */
  async ask(question, { signal, generation = null, asTyped = false, found } = {}) {
    const notes = [];
    const wanted = { question, ...(asTyped && AS_TYPED) };
    const reply = await this.patiently(() => this.once(wanted, signal, notes, found), signal);
    if (generation !== null && generation !== reply.generation) notes.push(words.changed(generation, reply.generation));
    const address = { question: reply.question, index: this.index, generation: reply.generation, asTyped };
    const exchange = { reply, notes, address, said: new Map() };
    this.exchanges.push(exchange);
    return exchange;
  }

  /** The reply to an exchange's question with its explanation; the session does not learn of it. */
  explain(exchange) {
    const wanted = { question: exchange.reply.question, ...(exchange.address.asTyped && AS_TYPED) };
    return this.patiently(() => explain({ ...wanted, index: this.index }));
  }

  /** Tell the service a verdict on an answer to an exchange's question, or on what else was said to be one. */
  judge(exchange, verdict) {
    return judge({ question: exchange.reply.question, index: this.index, ...verdict });
  }

  async once(wanted, signal, notes, found) {
    this.session ??= (await startSession(this.index)).session;
    try {
      return await ask({ ...wanted, session: this.session }, signal, found);
    } catch (error) {
      if (error.type !== "session-not-found") throw error;
      if (this.exchanges.length) notes.push(words.forgotten);
      this.session = (await startSession(this.index)).session;
      return ask({ ...wanted, session: this.session }, signal, found);
    }
  }

  async patiently(act, signal) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (error.kind !== "busy" || tries === TRIES || signal?.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, error.seconds * 1000));
      }
    }
  }
}
