// Where a text stands: the file, and the part of it that a source names ("report.pdf#page=3", "faq.csv:12").

const PLACE = /(?:#(page|slide|sheet|cell|message|chapter)=([^#:/]*))?(?::(\d+))?$/;

/** `{file, parts}` of a source; parts are pairs of a kind and its value. `line` counts where the source names none. */
export function placeOf(source, line = 0) {
  const found = PLACE.exec(source);
  const file = source.slice(0, found.index);
  const parts = [];
  if (found[1]) parts.push([found[1], readable(found[2])]);
  if (found[3]) parts.push([found[1] ? "row" : "line", found[3]]);
  else if (line) parts.push(["line", String(line)]);
  return { file, parts };
}

/** The last part of a path. */
export function fileName(path) {
  return path.split(/[/\\]/).pop() || path;
}

/** The address of a source that is on the web, else null. */
export function webAddress(source) {
  return /^https?:\/\//i.test(source) ? source : null;
}

function readable(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
