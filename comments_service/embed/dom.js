/** Builds elements. Text is always text; HTML comes in through `sanitised` alone, and only from the service's own sanitiser. */

let made = 0;

/** An id that no other element of this page has. */
export const uniqueId = (prefix) => `plein-${prefix}-${++made}`;

/**
 * An element with attributes and children. `onclick: f` listens; null, undefined and false leave an attribute or a child
 * out; true sets an attribute without a value. Strings among the children become text.
 */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if ((value ?? false) !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** The `html` field of a comment as nodes. The service renders it from Markdown and passes it through its sanitiser. */
export function sanitised(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** Put the focus on something that is not a control, without making it a stop for the Tab key. */
export function focusOn(node) {
  if (node?.tabIndex < 0) node.tabIndex = -1;
  node?.focus();
}

/** The id that a link can lead back to: the heading of the section that holds the element, else the element's own. */
export function anchorOf(host, fallback) {
  const heading = host.closest("section, .section")?.querySelector(":is(h1, h2, h3)[id]");
  return (heading ?? host).id ||= fallback;
}
