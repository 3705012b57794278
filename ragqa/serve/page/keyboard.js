// The keyboard: "/" to the question, j and k from answer to answer, Enter opens, Esc leaves the question.

import { byId } from "./dom.js";

/** Listen to keys, while no field is written in and no dialog is open. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.matches("input, textarea, select")) {
      if (event.key === "Escape") leave(event.target);
      return;
    }
    const act = { "/": toQuestion, j: () => move(1), k: () => move(-1), Enter: () => press(event.target) }[event.key];
    if (act?.() !== undefined) event.preventDefault();
  });
}

function toQuestion() {
  byId("question").select();
  return true;
}

function leave(field) {
  field.blur();
  move(1);
}

/** Focus the next item, or the one before; the first if none has the focus. */
function move(step) {
  const items = [...document.querySelectorAll(".item")].filter((item) => item.getClientRects().length);
  const now = items.indexOf(document.activeElement?.closest(".item"));
  const next = items[now < 0 ? 0 : Math.min(items.length - 1, Math.max(0, now + step))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

/** Press the first button of an item that has the focus itself; buttons and links do what they always do. */
function press(target) {
  if (!target.matches(".item")) return undefined;
  target.querySelector("button").click();
  return true;
}
