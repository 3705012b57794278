// Elements. Whatever is shown becomes a text node or an attribute's value, and never markup.

/** An element with attributes and children; texts become text nodes, nothing (null, undefined, false) is left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...present(children));
  return element;
}

/** Put these children in the place of those that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

/** The children that there are: conditions that do not hold leave null, undefined or false in their place. */
function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** A button. */
export function button(text, press, attributes = {}) {
  return el("button", { type: "button", onclick: press, ...attributes }, text);
}

/** The element of an id. */
export const byId = (id) => document.getElementById(id);
