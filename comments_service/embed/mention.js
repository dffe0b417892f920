/** Completes a name after "@" with the people of the thread. The field keeps the focus (ARIA APG, list autocomplete). */
import { Problem, ask } from "./api.js";
import { element, uniqueId } from "./dom.js";

const PAUSE = 150; // milliseconds without a key before the service is asked
const STARTED = /(?:^|[\s(>])@([\p{L}\p{N}][\p{L}\p{M}\p{N}.'’-]*(?: [\p{L}\p{M}\p{N}.'’-]+){0,2})$/u;

/** Let `field` offer names; returns the list that stands under it. `changed()` is called when a name was filled in. */
export function mentions(field, view, changed) {
  const list = element("ul", { class: "write__names", role: "listbox", id: uniqueId("names"), "aria-label": view.t("names"), hidden: true });
  const known = new Map(); // prefix -> promise of names
  let timer = null;
  let active = -1;

  field.ariaAutoComplete = "list";
  field.setAttribute("aria-controls", list.id);

  const prefix = () => field.value.slice(0, field.selectionStart).match(STARTED)?.[1];
  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = (index + list.children.length) % list.children.length;
    for (const [at, option] of [...list.children].entries()) option.ariaSelected = at === active;
    field.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const choose = (name) => {
    const started = prefix()?.length;
    if (started) field.setRangeText(`${name} `, field.selectionStart - started, field.selectionStart, "end");
    close();
    changed();
  };
  const option = (name) => {
    const onmousedown = (event) => event.preventDefault(); // the field keeps the focus
    return element("li", { role: "option", id: uniqueId("name"), dir: "auto", onmousedown, onclick: () => choose(name) }, name);
  };
  const offer = async () => {
    const asked = prefix();
    if (asked === undefined) return;
    if (!known.has(asked)) {
      const answer = ask("GET", `threads/${view.page}/people`, { query: { prefix: asked }, lang: view.lang });
      known.set(asked, answer.then(({ items }) => items.map(({ name }) => name)));
    }
    let names = [];
    try {
      names = await known.get(asked);
    } catch (problem) {
      known.delete(asked);
      if (!(problem instanceof Problem)) throw problem; // without names one writes on
    }
    if (prefix() !== asked) return;
    if (!names.length || (names.length === 1 && names[0] === asked)) {
      close();
      return;
    }
    list.replaceChildren(...names.map(option));
    list.hidden = false;
    mark(0);
    view.announce(view.t("namesFound", { count: names.length }));
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (prefix() === undefined) close();
    else timer = setTimeout(offer, PAUSE);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") mark(active + 1);
    else if (event.key === "ArrowUp") mark(active - 1);
    else if (event.key === "Enter" || event.key === "Tab") choose(list.children[active].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return list;
}
