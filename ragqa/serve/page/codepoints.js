// Offsets of the service count code points; those of JavaScript's texts count UTF-16 units, two for an emoji.

/** The UTF-16 unit at which code point `point` begins, counted from the code point at which `from` begins. */
export function unitOf(text, point, from = 0) {
  let unit = from;
  for (let left = point; left > 0 && unit < text.length; left -= 1) {
    unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
  }
  return unit;
}

/** The code point that begins at a UTF-16 unit of a text. */
export const pointOf = (text, unit) => length(text.slice(0, unit));

/** The pieces of a text cut at ascending code points: one piece more than there are cuts. */
export function cut(text, points) {
  const pieces = [];
  let unit = 0;
  let point = 0;
  for (const next of points) {
    const end = unitOf(text, next - point, unit);
    pieces.push(text.slice(unit, end));
    unit = end;
    point = Math.max(point, next);
  }
  pieces.push(text.slice(unit));
  return pieces;
}

/** How many code points a text has. */
export function length(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Characters [start, end) of a text, in code points. */
export function slice(text, start, end) {
  return cut(text, [start, end])[1];
}
