"use strict";
// What lies behind each answer: references, passage with the span marked, gold passage, ranks.
// All text comes from documents and is put on the page as text only (textContent).
function behind(data) {
  const SOURCES = { bm25: "BM25", dense: "Dense", fused: "Fused", reranked: "Reranked" };
  const STYLES = 6;

  function make(tag, options = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "text") element.textContent = value;
      else if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  const number = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : "–");

  function verdict(run) {
    if (run.right === null || run.right === undefined) return make("span", { class: "verdict", "aria-hidden": "true", text: "·" });
    const kind = run.right ? "right" : "wrong";
    return make(
      "span",
      { class: `verdict ${kind}` },
      make("span", { "aria-hidden": "true", text: run.right ? "✓" : "✗" }),
      make("span", { class: "unseen", text: `${kind}: ` }),
    );
  }

  // A run that only retrieves has null for an answer; what it found is said in its place.
  function found(run) {
    const known = Object.entries(run.ranks || {});
    if (!known.length) return make("span", { class: "soft", text: "–" });
    const [name, rank] = known[known.length - 1];
    return make("span", { text: `${SOURCES[name] || name}: ${rank === null ? "not found" : `rank ${rank}`}` });
  }

  const answered = (run) =>
    run.answer === null ? found(run) : run.answer ? make("bdi", { class: "answer", dir: "auto", text: run.answer }) : make("em", { class: "soft", text: "no answer" });

  // Offsets count code points; JavaScript's strings count UTF-16 units.
  function marked(text, start, end) {
    const points = Array.from(text);
    const box = make("p", { class: "text", dir: "auto" });
    if (!(start >= 0 && start < end && end <= points.length)) {
      box.textContent = text;
      return box;
    }
    const inside = make("mark", { text: points.slice(start, end).join("") });
    box.append(points.slice(0, start).join(""), inside, points.slice(end).join(""));
    return box;
  }

  function passageOf(heading, text, start, end) {
    const title = make("p", { class: "soft" }, `${heading}`, text[0] ? ": " : "", make("bdi", { text: text[0] }));
    return make("div", { class: "passage" }, title, marked(text[1], start, end));
  }

  function facts(run) {
    const items = [];
    const add = (name, text) => items.push(make("div", {}, make("dt", { text: name }), make("dd", { text })));
    if (run.score !== null) add("Score", number(run.score, 3));
    if (run.em !== null) add("EM", number(run.em, 0));
    if (run.f1 !== null) add("F1", number(run.f1, 0));
    if (run.read) add("Passages read", String(run.read));
    if (run.cause) add("Cause", run.cause);
    return make("dl", { class: "facts" }, ...items);
  }

  function ranks(run) {
    const known = Object.entries(run.ranks || {});
    if (!known.length) return null;
    const items = known.map(([name, rank]) =>
      make("div", {}, make("dt", { text: SOURCES[name] || name }), make("dd", { text: rank === null ? "not found" : String(rank) })),
    );
    return make("div", {}, make("p", { class: "soft", text: "Rank of the gold passage, or of the answer, at each stage" }), make("dl", { class: "facts" }, ...items));
  }

  function card(run, place) {
    const head = make("h4", { class: `s${(place % STYLES) + 1}` }, make("bdi", { text: data.runs[place] }));
    const box = make("section", { class: "card" }, data.runs.length > 1 ? head : null);
    if (!run) {
      box.append(make("p", { class: "soft", text: "This run does not have the question." }));
      return box;
    }
    if (run.answer !== null) box.append(make("p", { class: "given" }, verdict(run), " ", answered(run)), facts(run));
    if (run.passage) {
      const [text, start, end] = run.passage;
      box.append(passageOf(run.gold === text ? "Passage, the gold one" : "Passage", data.texts[text], start, end));
    }
    const stages = ranks(run);
    if (stages) box.append(stages);
    return box;
  }

  function references(row) {
    const items = row.references.map((text) => make("li", {}, make("bdi", { dir: "auto", text })));
    if (!items.length) {
      const asked = row.runs.some((run) => run && run.answer !== null);
      return make("p", { class: "soft", text: asked ? "No reference: the question has no answer." : "No reference answer." });
    }
    return make("div", { class: "references" }, make("p", { class: "soft", text: "References" }), make("ul", {}, ...items));
  }

  function detail(row) {
    const box = make("div", { class: "detail" }, references(row));
    box.append(make("div", { class: "cards" }, ...row.runs.map(card)));
    const read = new Set(row.runs.filter((run) => run && run.passage).map((run) => run.passage[0]));
    const gold = new Set(row.runs.filter((run) => run && run.gold !== null).map((run) => run.gold));
    for (const text of gold) {
      if (!read.has(text)) box.append(passageOf("Gold passage", data.texts[text], -1, -1));
    }
    const slices = Object.entries(row.slices).map(([name, own]) => `${name}: ${own}`);
    box.append(make("p", { class: "soft", text: [row.id, ...slices].join(" · ") }));
    return box;
  }

  return { make, verdict, answered, detail };
}
