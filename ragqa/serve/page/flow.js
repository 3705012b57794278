// Lines of a text that was wrapped at some width flow together; lists, tables, headings and code keep their lines.

const WRAPPED = 45; // characters of a line, from which on its end may only be where the writer's editor broke it
const OWN_LINE = /^(?:\s|[|#>]|[-*+•]\s|\d+[.)]\s|```|~~~|$)/;
const KEEPS = /^(?:[|#]|\s{4}|\t)/;

/** The text with a space for each line end within a paragraph. No character is added or lost, so offsets stay true. */
export function flowing(text) {
  const lines = text.split("\n");
  let result = lines[0];
  for (let place = 1; place < lines.length; place += 1) {
    const before = lines[place - 1];
    const soft = before.length >= WRAPPED && !KEEPS.test(before) && !OWN_LINE.test(lines[place]);
    result += (soft ? " " : "\n") + lines[place];
  }
  return result;
}
