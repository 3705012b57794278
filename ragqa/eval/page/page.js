"use strict";
(() => {
  const data = JSON.parse(document.getElementById("questions").textContent);
  const PAGE = 50;
  const root = document.getElementById("browse");
  const first = data.runs.length ? data.runs[0].rows : [];
  if (!first.length) return;
  root.hidden = false;
  const others = data.runs.slice(1).map((run) => new Map(run.rows.map((row) => [row.part + "\n" + row.id, row])));
  const state = { page: 0, text: "", part: "", cause: "", right: "", slice: "" };

  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined && text !== null) node.textContent = text;
    if (name) node.className = name;
    return node;
  };
  const distinct = (values) => [...new Set(values.filter((value) => value))].sort();
  const tools = root.querySelector(".tools");
  const list = root.querySelector(".list");
  const count = root.querySelector(".count");

  const choose = (name, label, values) => {
    if (values.length < 2 && name !== "cause") return;
    const box = make("select");
    box.setAttribute("aria-label", label);
    box.append(new Option(label, ""));
    for (const value of values) box.append(new Option(value, value));
    box.addEventListener("change", () => { state[name] = box.value; state.page = 0; show(); });
    tools.append(box);
  };
  const search = make("input");
  search.type = "search";
  search.placeholder = "Search questions, answers, passages";
  search.setAttribute("aria-label", search.placeholder);
  search.addEventListener("input", () => { state.text = search.value.toLowerCase(); state.page = 0; show(); });
  tools.append(search);
  choose("part", "every part", distinct(first.map((row) => row.part)));
  choose("right", "right and wrong", ["right", "wrong"]);
  choose("cause", "every cause", distinct(first.map((row) => row.cause)));
  choose("slice", "every slice", distinct(first.flatMap((row) => Object.entries(row.slices).map((pair) => pair.join(": ")))));
  const sorts = {
    "in order": null,
    "surest first": (a, b) => (b.score ?? -1) - (a.score ?? -1),
    "least sure first": (a, b) => (a.score ?? -1) - (b.score ?? -1),
    "most read first": (a, b) => b.read - a.read,
  };
  const order = make("select");
  order.setAttribute("aria-label", "order");
  for (const name of Object.keys(sorts)) order.append(new Option(name, name));
  order.addEventListener("change", () => { state.page = 0; show(); });
  tools.append(order);

  const verdict = (row) => (row.right === null ? "" : row.right ? "right" : "wrong");
  const holds = (row) => {
    if (state.part && row.part !== state.part) return false;
    if (state.cause && row.cause !== state.cause) return false;
    if (state.right && verdict(row) !== state.right) return false;
    if (state.slice && !Object.entries(row.slices).some((pair) => pair.join(": ") === state.slice)) return false;
    if (!state.text) return true;
    const text = [row.id, row.question, row.answer, ...row.references, row.passage ? row.passage.text : ""].join("\n");
    return text.toLowerCase().includes(state.text);
  };
  const points = (text) => Array.from(text);
  const quoted = (passage) => {
    const box = make("span"), chars = points(passage.text);
    box.dir = "auto";
    box.append(chars.slice(0, passage.start).join(""));
    box.append(make("mark", chars.slice(passage.start, passage.end).join("")));
    box.append(chars.slice(passage.end).join(""));
    return box;
  };
  const ranks = (row) => Object.entries(row.ranks).map(([name, rank]) => `${name} ${rank ?? "–"}`).join(", ");
  const said = (row) => (row.answer ? `${row.answer} (${row.score.toFixed(2)})` : "no answer");
  const entry = (box, term, value) => {
    box.append(make("dt", term));
    const cell = make("dd");
    cell.dir = "auto";
    cell.append(value);
    box.append(cell);
  };
  const details = (row, box) => {
    entry(box, "references", row.references.join(" · ") || "none: unanswerable");
    if (row.cause) entry(box, "cause", row.cause);
    others.forEach((rows, number) => {
      const other = rows.get(row.part + "\n" + row.id);
      if (other) entry(box, data.runs[number + 1].name, `${said(other)} ${verdict(other)} ${other.cause}`);
    });
    if (row.passage) {
      if (row.passage.title) entry(box, "from", row.passage.title);
      entry(box, "passage", quoted(row.passage));
    }
    if (row.gold && (!row.passage || row.gold.text !== row.passage.text)) entry(box, "gold passage", row.gold.text);
    if (Object.keys(row.ranks).length) entry(box, "rank of gold", ranks(row));
    entry(box, "read", `${row.read} passages`);
    entry(box, "id", row.id);
  };
  const draw = (row) => {
    const item = make("details", null, "question"), line = make("summary");
    const sign = verdict(row) === "right" ? "✓" : verdict(row) === "wrong" ? "✗" : "·";
    const mark = make("span", sign, verdict(row));
    mark.title = verdict(row);
    const words = make("span");
    words.dir = "auto";
    words.append(row.question, " ", make("span", said(row) + (row.cause ? ` — ${row.cause}` : ""), "answer"));
    line.append(mark, words);
    item.append(line);
    item.addEventListener("toggle", () => {
      if (item.open && item.children.length === 1) {
        const box = make("dl");
        details(row, box);
        item.append(box);
      }
    });
    return item;
  };
  const turn = (label, step, possible) => {
    const button = make("button", label);
    button.type = "button";
    button.disabled = !possible;
    button.addEventListener("click", () => { state.page += step; show(); });
    return button;
  };
  function show() {
    const rows = first.filter(holds);
    const compare = sorts[order.value];
    if (compare) rows.sort(compare);
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    list.replaceChildren(...rows.slice(state.page * PAGE, (state.page + 1) * PAGE).map(draw));
    count.replaceChildren(
      turn("‹ before", -1, state.page > 0),
      make("span", ` ${rows.length} questions, page ${state.page + 1} of ${pages} `),
      turn("next ›", 1, state.page + 1 < pages),
    );
  }
  show();
})();
