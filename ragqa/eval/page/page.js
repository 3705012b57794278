// Browsing the questions: filters, order, pages of 50.
(() => {
  // Only tables that are wider than their place are stops for the keyboard.
  const scrollers = [...document.querySelectorAll(".scroll")];
  function stops() {
    for (const one of scrollers) {
      if (one.scrollWidth > one.clientWidth) one.setAttribute("tabindex", "0");
      else one.removeAttribute("tabindex");
    }
  }
  window.addEventListener("resize", stops);
  stops();

  const source = document.getElementById("data");
  const list = document.getElementById("list");
  if (!source || !list) return;
  const data = JSON.parse(source.textContent);
  const { make, verdict, answered, detail } = behind(data);
  const PAGE = 50;
  const field = (id) => document.getElementById(id);
  const state = { page: 0, found: [], open: new Set() };

  const plain = (text) => text.normalize("NFKC").toLowerCase();

  const haystacks = data.rows.map((row) => {
    const answers = row.runs.map((run) => (run ? run.answer : ""));
    return plain([row.id, row.question, ...row.references, ...answers].join("\n"));
  });

  // ---- controls

  function choices(select, options) {
    for (const [value, text] of options) select.append(make("option", { value, text }));
    select.closest("label").hidden = select.querySelectorAll("option").length < 2;
  }

  const present = (values) => [...new Set(values)].filter((value) => value);
  const numbered = (names) => names.map((name, place) => [String(place), name]);

  function fillSlices(select) {
    select.append(make("option", { value: "", text: "all" }));
    const names = present(data.rows.flatMap((row) => Object.keys(row.slices)));
    for (const name of names) {
      const values = present(data.rows.map((row) => row.slices[name])).sort((a, b) =>
        a.localeCompare(b, "en", { numeric: true }),
      );
      const group = make("optgroup", { label: name });
      for (const value of values) group.append(make("option", { value: JSON.stringify([name, value]), text: value }));
      select.append(group);
    }
    select.closest("label").hidden = !names.length;
  }

  function fillControls() {
    const all = data.rows.flatMap((row) => row.runs.filter((run) => run));
    const judged = all.some((run) => run.right !== null);
    const several = data.runs.length > 1;
    choices(field("part"), data.parts.length > 1 ? [["", "all"], ...data.parts.map((part) => [part, part])] : []);
    choices(field("run"), several ? numbered(data.runs) : []);
    const outcomes = [["", "all"], ["right", "right"], ["wrong", "wrong"]];
    if (several) outcomes.push(["differ", "runs disagree"], ["only", "only this run right"], ["others", "only others right"]);
    choices(field("outcome"), judged ? outcomes : []);
    const causes = present(all.map((run) => run.cause));
    choices(field("cause"), causes.length ? [["", "all"], ...causes.map((cause) => [cause, cause])] : []);
    fillSlices(field("slice"));
    const orders = [["", "as asked"]];
    if (judged) orders.push(["surest", "score, highest first"], ["unsurest", "score, lowest first"], ["f1", "F1, lowest first"]);
    if (judged && several) orders.push(["change", "change in F1, largest first"]);
    if (all.some((run) => Object.keys(run.ranks || {}).length)) orders.push(["rank", "gold passage’s rank, last first"]);
    if (all.some((run) => run.read > 1)) orders.push(["read", "passages read, most first"]);
    choices(field("order"), orders);
  }

  // ---- which questions, in which order

  const judge = () => Number(field("run").value || 0);
  const right = (row, place) => Boolean(row.runs[place] && row.runs[place].right);

  const OUTCOMES = {
    right: (row, own) => right(row, own),
    wrong: (row, own) => Boolean(row.runs[own]) && row.runs[own].right === false,
    differ: (row) => row.runs.some((_, place) => right(row, place) !== right(row, 0)),
    only: (row, own) => row.runs.every((_, place) => right(row, place) === (place === own)),
    others: (row, own) => !right(row, own) && row.runs.some((_, place) => right(row, place)),
  };

  function wanted() {
    const own = judge();
    const words = plain(field("search").value).split(/\s+/).filter((word) => word);
    const part = field("part").value;
    const outcome = OUTCOMES[field("outcome").value];
    const cause = field("cause").value;
    const slice = field("slice").value ? JSON.parse(field("slice").value) : null;
    return (row, place) =>
      (!part || row.part === part) &&
      (!outcome || outcome(row, own)) &&
      (!cause || (row.runs[own] && row.runs[own].cause === cause)) &&
      (!slice || row.slices[slice[0]] === slice[1]) &&
      words.every((word) => haystacks[place].includes(word));
  }

  function worst(run) {
    const ranks = run && run.ranks ? Object.entries(run.ranks) : [];
    const own = ranks.find(([name]) => name === "fused") || ranks[0];
    return own ? own[1] || Infinity : -1;
  }

  const value = (run, name, missing) => (run && typeof run[name] === "number" ? run[name] : missing);
  const KEYS = {
    surest: (run) => -value(run, "score", -1),
    unsurest: (run) => value(run, "score", Infinity),
    f1: (run) => value(run, "f1", Infinity),
    rank: (run) => -worst(run),
    read: (run) => -value(run, "read", -1),
  };

  function keyOf(order) {
    const own = judge();
    const last = data.runs.length - 1;
    if (order === "change") {
      const other = own === 0 ? last : 0;
      return (row) => -Math.abs(value(row.runs[own], "f1", 0) - value(row.runs[other], "f1", 0));
    }
    return (row) => KEYS[order](row.runs[own]);
  }

  function choose() {
    const fits = wanted();
    const order = field("order").value;
    state.found = data.rows.map((_, place) => place).filter((place) => fits(data.rows[place], place));
    if (order) {
      const key = keyOf(order);
      const keys = new Map(state.found.map((place) => [place, key(data.rows[place])]));
      state.found.sort((a, b) => (keys.get(a) < keys.get(b) ? -1 : keys.get(a) > keys.get(b) ? 1 : a - b));
    }
    state.page = 0;
  }

  // ---- the list

  function cell(run, name) {
    const box = make("td", { role: "cell", "data-run": data.runs.length > 1 ? name : null });
    if (!run) {
      box.append(make("span", { class: "soft", text: "not asked" }));
      return box;
    }
    box.append(verdict(run), " ", answered(run));
    if (run.cause) box.append(make("small", { text: run.cause }));
    return box;
  }

  function listRow(place) {
    const row = data.rows[place];
    const open = state.open.has(place);
    const button = make("button", {
      type: "button",
      class: "ask",
      dir: "auto",
      "aria-expanded": String(open),
      "aria-controls": `detail-${place}`,
      text: row.question,
    });
    button.addEventListener("click", () => toggle(place, button));
    const head = make("th", { scope: "row", role: "rowheader" }, button);
    if (data.parts.length > 1) head.append(make("small", { text: row.part }));
    return make("tr", { role: "row", id: `row-${place}` }, head, ...row.runs.map((run, i) => cell(run, data.runs[i])));
  }

  function toggle(place, button) {
    const line = button.closest("tr");
    if (state.open.delete(place)) {
      line.nextElementSibling.remove();
    } else {
      state.open.add(place);
      line.after(detailRow(place));
    }
    button.setAttribute("aria-expanded", String(state.open.has(place)));
  }

  function show() {
    const body = field("list-body");
    const first = state.page * PAGE;
    const shown = state.found.slice(first, first + PAGE);
    body.replaceChildren(...shown.flatMap((place) => (state.open.has(place) ? [listRow(place), detailRow(place)] : [listRow(place)])));
    const total = data.rows.length.toLocaleString("en");
    const found = state.found.length.toLocaleString("en");
    const range = shown.length ? `${first + 1}–${first + shown.length} of ${found}` : "none";
    field("status").textContent = `Questions: ${range}${found === total ? "" : ` found among ${total}`}`;
    for (const button of document.querySelectorAll("[data-turn]")) {
      const next = state.page + Number(button.dataset.turn);
      button.disabled = next < 0 || next * PAGE >= state.found.length;
    }
  }

  function detailRow(place) {
    const box = make("td", { role: "cell", colspan: data.runs.length + 1 }, detail(data.rows[place]));
    return make("tr", { role: "row", id: `detail-${place}`, class: "opened" }, box);
  }

  // ---- going somewhere

  function clear() {
    field("controls").querySelectorAll("select").forEach((select) => (select.selectedIndex = 0));
    field("search").value = "";
  }

  // Rows are called row-…, so that the browser finds nothing at #q-… and leaves scrolling and focus to us.
  function follow() {
    const match = /^#q-(\d+)$/.exec(location.hash);
    const place = match ? Number(match[1]) : -1;
    if (!data.rows[place]) return;
    clear();
    choose();
    state.page = Math.floor(state.found.indexOf(place) / PAGE);
    state.open.add(place);
    show();
    const line = field(`row-${place}`);
    line.scrollIntoView({ block: "start" });
    line.querySelector("button").focus({ preventScroll: true });
  }

  function again() {
    choose();
    show();
  }

  function start() {
    fillControls();
    const names = ["Question", ...(data.runs.length > 1 ? data.runs : ["Answer"])];
    field("list-head").append(...names.map((text) => make("th", { scope: "col", role: "columnheader", text })));
    const form = field("controls");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", again);
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      clear();
      again();
    });
    for (const button of document.querySelectorAll("[data-turn]")) {
      button.addEventListener("click", () => {
        state.page += Number(button.dataset.turn);
        show();
        field("questions").scrollIntoView();
      });
    }
    for (const hidden of [form, list, ...document.querySelectorAll(".pager")]) hidden.hidden = false;
    again();
    follow();
    window.addEventListener("hashchange", follow);
  }

  start();
})();
