/** <plein-count page="blogs/x" kind="comments|rating|views" lang="nl" href="…">: one number of a page. Empty until it is known. */
import { counts, listen } from "./counts.js";
import { average } from "./dates.js";
import { element } from "./dom.js";
import { languageOf, words } from "./language.js";

export class PleinCount extends HTMLElement {
  #quiet = () => {};

  async connectedCallback() {
    const page = this.getAttribute("page");
    const language = languageOf(this);
    const show = async (known) => {
      const kind = this.getAttribute("kind") ?? "comments";
      const value = known[kind];
      if (value === undefined) return;
      const t = await words(language);
      const text =
        kind === "rating" ? t("ratingShort", { count: value.count, average: average(value.average) }) : t(kind, { count: value });
      const href = this.getAttribute("href");
      this.replaceChildren(href ? element("a", { href }, text) : text);
    };
    this.#quiet = listen(page, show);
    try {
      await show((await counts(page, language)) ?? {});
    } catch {
      // a list without numbers is still a list; the thread is where a service that is down says so
    }
  }

  disconnectedCallback() {
    this.#quiet();
  }
}
