// What went wrong, in plain words.

import { button, el, fill } from "./dom.js";
import { words } from "./words.js";

/** What to say of a `Trouble`. Errors of the page itself are shown as they are. */
export function plain(error) {
  const said = words.trouble[error.kind];
  if (!said) return String(error.message ?? error);
  const own = ["refused", "missing", "large", "forbidden", "often"].includes(error.kind) ? error.detail : "";
  const log = error.kind === "broken" && error.id ? words.logged(error.id) : "";
  return [said, own && sentence(own), log].filter(Boolean).join(" ");
}

/** Show what went wrong, with a button to try again. */
export function showTrouble(place, error, again) {
  fill(place, el("p", { dir: "auto" }, plain(error)), again && button(words.again, again));
  place.hidden = false;
}

/** Take it away. */
export function clearTrouble(place) {
  fill(place);
  place.hidden = true;
}

function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
