/** How a reader wants threads: the order, how many at a time, one language, more by itself. Kept on the device. */
import { languageName } from "./dates.js";
import { element, uniqueId } from "./dom.js";

const PLACE = "plein:choices";
const ORDERS = ["oldest", "newest", "best"];
const LIMITS = [10, 25, 50];

/** {order, limit, lang, auto}; `order` stands where nothing was chosen yet. */
export function readChoices(order) {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(PLACE));
  } catch {
    // forbidden or unreadable: nothing was chosen
  }
  return {
    order: [kept?.order, order].find((one) => ORDERS.includes(one)) ?? ORDERS[0],
    limit: LIMITS.includes(kept?.limit) ? kept.limit : 25,
    lang: /^[a-z]{2,3}$/.test(kept?.lang) ? kept.lang : "",
    auto: kept?.auto,
  };
}

/** The controls above a thread. `changed(name)` is called after a choice. */
export function controls(view, chosen, changed) {
  const keep = (name) => {
    try {
      localStorage.setItem(PLACE, JSON.stringify(chosen));
    } catch {
      // then it holds for this page
    }
    changed(name);
  };
  const select = (name, options) => {
    const id = uniqueId(name);
    const onchange = () => {
      [chosen[name]] = options[input.selectedIndex];
      keep(name);
    };
    const input = element(
      "select",
      { class: "utrecht-select", id, onchange },
      ...options.map(([value, text]) => element("option", { value, selected: value === chosen[name] }, text)),
    );
    return element("div", {}, element("label", { class: "utrecht-form-label", for: id }, view.t(name)), input);
  };
  const onchange = () => {
    chosen.auto = auto.checked;
    keep("auto");
  };
  const auto = element("input", { type: "checkbox", checked: chosen.auto, onchange });
  const codes = [...new Set([...Object.keys(view.languages), chosen.lang])].filter(Boolean);
  return element(
    "div",
    { class: "controls" },
    select("order", ORDERS.map((order) => [order, view.t(order)])),
    codes.length > 1 && select("lang", [["", view.t("anyLang")], ...codes.map((code) => [code, languageName(code, view.lang)])]),
    select("limit", LIMITS.map((limit) => [limit, limit])),
    element("label", { class: "check" }, auto, view.t("auto")),
  );
}
