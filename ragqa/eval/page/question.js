"use strict";
// What lies behind each answer: references, passage with the span marked, gold passage, ranks, and what it is made of.
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

  // ---- what an answer is made of

  function table(caption, names, rows) {
    const cells = (texts, first) =>
      texts.map((text, i) => make(i ? "td" : "th", { class: i ? "n" : null, scope: i ? null : first, text }));
    const head = names.map((text, i) => make("th", { scope: "col", class: i ? "n" : null, text }));
    return make(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
      make(
        "table",
        {},
        make("caption", { text: caption }),
        make("thead", {}, make("tr", {}, ...head)),
        make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row, "row")))),
      ),
    );
  }

  const outcome = (own) => `${own.text} (${number(own.probability, 3)}, passage ${own.rank}${own.given ? "" : ", not given"})`;

  function words(why) {
    const gold = new Set(why.passages.filter((own) => own.gold).map((own) => own.rank));
    const names = why.words.ranks.map((rank) => `Passage ${rank}${gold.has(rank) ? ", gold" : ""}`);
    const shares = Object.entries(why.words.shares).sort((a, b) => Math.max(...b[1]) - Math.max(...a[1]));
    if (!shares.length) return null;
    return table("What each word gives to BM25", ["Word", ...names], shares.map(([word, own]) => [word, ...own.map((share) => number(share, 2))]));
  }

  function evidence(why) {
    const columns = { bm25: ["BM25", 2], dense: ["Dense", 3], rerank: ["Reranker", 2], score: ["Score", 3], prior: ["Prior", 3], null: ["No answer", 3], relevance: ["Relevance", 2] };
    const known = Object.keys(columns).filter((name) => why.passages.some((own) => typeof own[name] === "number"));
    const called = (own) => [own.rank, own.gold ? "gold" : "", why.best && own.rank === why.best.rank ? "quoted" : "", own.read ? "" : "not read"];
    const rows = why.passages.map((own) => [called(own).filter(Boolean).join(", "), ...known.map((name) => number(own[name], columns[name][1]))]);
    return table("Evidence of each passage", ["Passage", ...known.map((name) => columns[name][0])], rows);
  }

  function score(why) {
    const rows = Object.entries(why.score.features).map(([name, own]) => [name, number(own.value, 3), number(own.weight, 3), number(own.product, 3)]);
    const sum = ["sum", "", "", number(why.score.logit, 3)];
    return table(`What the score ${number(why.score.probability, 3)} is made of`, ["Feature", "Value", "Weight", "Product"], [["bias", "", "", number(why.score.bias, 3)], ...rows, sum]);
  }

  function explained(run) {
    const why = run.why;
    if (!why) return null;
    const box = make("details", { class: "why" }, make("summary", { text: "What it is made of" }));
    const line = (text) => box.append(make("p", { class: "soft", dir: "auto", text }));
    const byWords = words(why);
    if (byWords) box.append(byWords);
    if (why.passages.length) box.append(evidence(why));
    else line("No passage was found.");
    if (why.best) {
      line(`Best answer: ${outcome(why.best)}`);
      for (const own of why.logits) {
        const reader = why.logits.length > 1 ? `Reader ${own.reader}: ` : "";
        line(`${reader}start ${number(own.start, 2)} + end ${number(own.end, 2)} − null ${number(own.null, 2)} = margin ${number(own.margin, 2)}`);
      }
      box.append(score(why));
      line(`Without its passage: ${why.without ? outcome(why.without) : "no answer"}`);
    }
    line(`Time in ms: ${Object.entries(why.times).map(([stage, ms]) => `${stage} ${number(ms, 1)}`).join(", ")}`);
    return box;
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
    const why = explained(run);
    if (why) box.append(why);
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
