// The dialog for adding documents: files are dropped or chosen, sent one after the other, and each says how it went.

import { sendFile, Trouble } from "./api.js";
import { byId, el } from "./dom.js";
import { plain } from "./troubles.js";
import { words } from "./words.js";

/** `index()` names the index that files go into; `added()` is called when it has changed. */
export class Adding {
  constructor({ index, added }) {
    Object.assign(this, { index, added, waiting: [], busy: false, allowed: false, largest: 0 });
    this.dialog = byId("adding");
    this.list = byId("adding-files");
    byId("adding-close").addEventListener("click", () => this.dialog.close());
    byId("adding-choice").addEventListener("change", (event) => {
      this.take(event.target.files);
      event.target.value = "";
    });
    document.addEventListener("dragover", (event) => this.hover(event, true));
    document.addEventListener("dragleave", (event) => !event.relatedTarget && this.hover(event, false));
    document.addEventListener("drop", (event) => {
      this.hover(event, false);
      if (this.allowed && event.dataTransfer.files.length) this.take(event.dataTransfer.files);
    });
  }

  /** Show the dialog. */
  show() {
    byId("adding-into").textContent = words.into(this.index());
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Add files, behind those that still wait. */
  take(files) {
    this.show();
    for (const file of files) {
      const bar = el("progress", { max: 1, value: 0, "aria-label": file.name });
      const state = el("span", { class: "state", role: "status" }, words.waiting);
      const row = el("li", {}, el("span", { class: "name", dir: "auto" }, file.name), bar, state);
      this.list.append(row);
      this.waiting.push({ file, bar, state, row, index: this.index() });
    }
    this.run();
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length) await this.one(this.waiting.shift());
    this.busy = false;
    this.added();
  }

  async one({ file, bar, state, row, index }) {
    try {
      // the service would hang up in the middle, which looks as if it were gone
      if (file.size > this.largest) throw new Trouble("large");
      const reply = await sendFile(index, file, (share) => {
        bar.value = share;
        state.textContent = share < 1 ? words.sending(Math.floor(share * 100)) : words.indexing;
      });
      const problems = reply.problems.map((problem) => problem.reason);
      state.textContent = [outcome(reply), ...problems].join("; ");
      row.classList.add(reply.documents ? "done" : "failed");
    } catch (error) {
      state.textContent = plain(error);
      row.classList.add("failed");
    }
    bar.remove();
  }

  // files that are dropped must never replace the page, whether they are taken or not
  hover(event, over) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", over && this.allowed);
  }
}

function outcome({ documents, report }) {
  if (!documents) return words.notRead;
  return report.added + report.changed ? words.added(documents) : words.unchanged;
}
