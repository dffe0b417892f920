/** <plein-count page="blogs/x" kind="comments|rating|views" lang="nl" href="…">: one number of a page. Empty until it is known. */
import { counts, listen } from "./counts.js";
import { average } from "./dates.js";
import { element } from "./dom.js";
import { languageOf, words } from "./language.js";

export class PleinCount extends HTMLElement {
  #quiet = () => {};

  async connectedCallback() {
    this.#quiet = listen(this.page, (known) => this.show(known));
    try {
      const known = await counts(this.page, this.language);
      if (known) await this.show(known);
    } catch {
      // a list without numbers is still a list; the thread is where a service that is down says so
    }
  }

  disconnectedCallback() {
    this.#quiet();
  }

  get page() {
    return this.getAttribute("page");
  }

  get kind() {
    return this.getAttribute("kind") ?? "comments";
  }

  get language() {
    return languageOf(this);
  }

  async show(known) {
    const value = known[this.kind];
    if (value === undefined || value === null) return;
    const t = await words(this.language);
    const text =
      this.kind === "rating"
        ? t("ratingShort", { count: value.count, average: average(value.average, this.language) })
        : t(this.kind, { count: value });
    const href = this.getAttribute("href");
    this.replaceChildren(href ? element("a", { href }, text) : text);
  }
}
