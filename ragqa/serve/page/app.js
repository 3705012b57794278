// The page put together: what the address, the field and the dialogs do.

import { info, key } from "./api.js";
import { Adding } from "./adding.js";
import { exchangeElement, placeText, sure } from "./answers.js";
import { link, readAddress, writeAddress } from "./address.js";
import { button, byId, el, fill } from "./dom.js";
import { listen } from "./keyboard.js";
import { Marking } from "./marking.js";
import { Reader } from "./reader.js";
import { askForKey } from "./signing.js";
import { Talk } from "./talk.js";
import { clearTrouble, plain, showTrouble } from "./troubles.js";
import { showWhy } from "./why.js";
import { words } from "./words.js";

const TOUCH = window.matchMedia("(pointer: coarse)");
const field = byId("question");
const trouble = byId("trouble");
const state = { facts: null, talk: null, asking: null, shown: null, place: null };

const reader = new Reader({
  opened: (place) => {
    setPlace(place);
    marking.offer(state.facts.feedback ? state.shown : null);
  },
  closed: () => setPlace(null),
});
const judge = (exchange, verdict) => state.talk.judge(exchange, verdict);
const marking = new Marking(reader, judge);
const adding = new Adding({ index: () => state.talk.index, added: () => attempt(refresh) });

/** Words into the elements that name them. */
function label() {
  document.documentElement.lang = words.language;
  document.title = words.title;
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = words[element.dataset.words];
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words[element.dataset.label]);
  }
  fill(byId("keyboard"), words.keyboard.map(([name, does]) => el("span", {}, el("kbd", {}, name), ` ${does}`)));
}

/** Do something that may go wrong: a key is asked for where one is needed; all else is said, with a button to retry. */
async function attempt(act) {
  clearTrouble(trouble);
  try {
    await act();
  } catch (error) {
    if (error.name === "AbortError") return;
    tell("");
    if (error.kind === "key" && (await askForKey())) return attempt(act);
    showTrouble(trouble, error, () => attempt(act));
  }
}

const tell = (text) => (byId("status").textContent = text);

/** What the service serves, and what this caller may do. */
async function refresh() {
  state.facts = await info();
  const names = Object.keys(state.facts.indexes);
  const choice = byId("index");
  fill(choice, names.map((name) => el("option", { value: name }, name)));
  byId("choice").hidden = names.length < 2;
  if (!state.talk || !names.includes(state.talk.index)) state.talk = new Talk(names[0]);
  choice.value = state.talk.index;
  adding.allowed = state.facts.actions.includes("write");
  adding.largest = state.facts.file_bytes;
  byId("add").hidden = !adding.allowed;
  byId("key").hidden = !key.read();
  describe();
}

function describe() {
  const { documents } = state.facts.indexes[state.talk.index] ?? {};
  const count = documents === 0 ? words.emptyIndex : documents && words.documents(documents, state.talk.index);
  fill(byId("about"), el("span", {}, words.about), count && el("span", {}, count));
}

/** A conversation from its beginning. */
function begin(index = state.talk.index) {
  state.asking?.abort();
  state.talk = new Talk(index);
  state.shown = null;
  byId("index").value = index;
  document.body.classList.remove("asked");
  fill(byId("answers"));
  fill(byId("earlier"));
  byId("new").hidden = true;
  field.placeholder = words.firstQuestion;
  tell("");
  describe();
}

async function ask(question, { generation = null, asTyped = false, visit = true } = {}) {
  state.asking?.abort();
  const asking = (state.asking = new AbortController());
  if (!state.facts) await refresh();
  const found = (count) => state.asking === asking && tell(words.reading(count));
  tell(words.searching);
  document.body.classList.add("busy");
  try {
    const exchange = await state.talk.ask(question, { signal: asking.signal, generation, asTyped, found });
    if (asking.signal.aborted) return;
    if (visit) history.pushState(null, "", writeAddress(exchange.address));
    show(exchange);
    field.value = "";
    fit();
  } finally {
    if (state.asking === asking) document.body.classList.remove("busy");
  }
}

function show(exchange) {
  state.shown = exchange;
  const acts = {
    open: (place) => reader.open(state.talk.index, place),
    why: (of, where) => explain(of, where),
    asTyped: (of) => attempt(() => ask(of.reply.question, { asTyped: true })),
    judge: state.facts.feedback && judge,
    mark: async (place) => {
      await reader.open(state.talk.index, place);
      marking.begin();
    },
  };
  const element = exchangeElement(exchange, acts);
  document.body.classList.add("asked");
  fill(byId("answers"), element);
  fill(byId("earlier"), earlier(exchange));
  byId("new").hidden = false;
  field.placeholder = words.nextQuestion;
  tell(told(exchange.reply));
  if (TOUCH.matches) field.blur();
  else (element.querySelector(".item") ?? element.querySelector("h2")).focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function told({ answers: [best] }) {
  if (!best) return words.toldNothing;
  return words.told(best.text, sure(best.score), placeText(best.passage.source, best.passage.title, best.line));
}

function earlier(shown) {
  const others = state.talk.exchanges.filter((each) => each !== shown).reverse();
  if (!others.length) return null;
  const rows = others.map((each) =>
    el(
      "li",
      {},
      button(each.reply.typed ?? each.reply.question, () => {
        history.pushState(null, "", writeAddress(each.address));
        show(each);
      }, { dir: "auto" }),
      el("span", { dir: "auto" }, each.reply.answers[0]?.text ?? words.unanswered),
    ),
  );
  return [el("h2", {}, words.earlier), el("ol", {}, rows)];
}

async function explain(exchange, where) {
  fill(where, el("p", { class: "note" }, words.searching));
  try {
    showWhy(where, await state.talk.explain(exchange));
  } catch (error) {
    fill(where, el("p", { class: "note", role: "alert" }, plain(error)));
  }
}

/** The address names the document that is open, so that it can be sent; opening one is no step to go back from. */
function setPlace(place) {
  state.place = place;
  const address = state.shown?.address ?? { index: state.talk.index };
  const open = place && { document: place.document, start: place.start, end: place.end };
  history.replaceState(null, "", place || state.shown ? writeAddress({ ...address, place: open }) : location.pathname);
}

const isSame = (one, other) => one.question === other.question && one.asTyped === other.asTyped;

/** Show what the address says. */
async function visit() {
  const wanted = readAddress(location.hash);
  const { asking } = state;
  if (!state.facts) await refresh();
  if (state.asking !== asking) return; // a question was asked meanwhile, which comes first
  const index = state.facts.indexes[wanted.index] ? wanted.index : state.talk.index;
  const exchanges = state.talk.index === index ? state.talk.exchanges : [];
  const known = exchanges.find(({ address }) => isSame(address, wanted));
  if (known) show(known);
  else begin(index);
  const { generation, asTyped } = wanted;
  if (wanted.question && !known) await ask(wanted.question, { generation, asTyped, visit: false });
  if (wanted.place) await reader.open(index, wanted.place);
}

/** The field is as high as its text. */
function fit() {
  field.rows = Math.min(6, field.value.split("\n").length);
}

byId("asking").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = field.value.trim();
  if (question) attempt(() => ask(question));
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("asking").requestSubmit();
});
field.addEventListener("input", fit);
byId("index").addEventListener("change", (event) => {
  history.pushState(null, "", location.pathname);
  begin(event.target.value);
});
byId("new").addEventListener("click", () => {
  history.pushState(null, "", location.pathname);
  begin();
  field.focus();
});
byId("key").addEventListener("click", async () => (await askForKey()) && attempt(refresh));
byId("add").addEventListener("click", () => adding.show());
byId("reader-link").addEventListener("click", async (event) => {
  const pressed = event.currentTarget;
  const address = state.shown?.address ?? { index: state.talk.index };
  await navigator.clipboard.writeText(link({ ...address, place: state.place }));
  pressed.textContent = words.copied;
  setTimeout(() => (pressed.textContent = words.copyLink), 1500);
});
byId("reader-link").hidden = !navigator.clipboard;
window.addEventListener("popstate", () => attempt(visit));

label();
listen();
field.placeholder = words.firstQuestion;
if (!TOUCH.matches) field.focus();
attempt(visit);
