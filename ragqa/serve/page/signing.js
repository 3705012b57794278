// The dialog that asks for a key. The key stays in this tab's storage.

import { key } from "./api.js";
import { byId } from "./dom.js";
import { words } from "./words.js";

/** Ask for a key. The promise is kept with true when one was given or forgotten, and false when the dialog was left. */
export function askForKey() {
  const dialog = byId("signing");
  const field = byId("signing-key");
  const wrong = byId("signing-wrong");
  wrong.textContent = key.read() ? words.keyWrong : "";
  byId("signing-forget").hidden = !key.read();
  field.value = "";
  return new Promise((resolve) => {
    let result = false;
    byId("signing-form").onsubmit = (event) => {
      event.preventDefault();
      const given = field.value.trim();
      if (!/^[\x21-\x7e]+$/.test(given)) return; // no header can hold it
      key.write(given);
      result = true;
      dialog.close();
    };
    byId("signing-forget").onclick = () => {
      key.write(null);
      result = true;
      dialog.close();
    };
    byId("signing-cancel").onclick = () => dialog.close();
    dialog.onclose = () => {
      field.value = "";
      resolve(result);
    };
    if (!dialog.open) dialog.showModal();
    field.focus();
  });
}
