/** <plein-rating page="blogs/x" lang="nl">: the stars of a page and how they are spread. Giving one's own is loaded for who may. */
import { Problem, ask, logInUrl } from "./api.js";
import { counts, listen, tell } from "./counts.js";
import { average } from "./dates.js";
import { anchorOf, element } from "./dom.js";
import { loadWords, languageOf, words } from "./language.js";
import { leastVersion, mine } from "./session.js";
import { fiveStars } from "./stars.js";
import { adoptStyles } from "./styles.js";
import { countView } from "./views.js";

export class PleinRating extends HTMLElement {
  #quiet = () => {};

  async connectedCallback() {
    this.page = this.getAttribute("page");
    this.language = languageOf(this);
    countView(this.page);
    try {
      const own = await mine(this.page, this.language);
      const [known, t] = await Promise.all([this.#read(own), words(this.language), adoptStyles()]);
      if (!known) return;
      this.t = t;
      const beside = own ? await this.#form(own) : element("p", {}, element("a", { class: "quiet", href: this.logInHref() }, t("logInToRate")));
      this.average = element("p", { class: "rate__average num" });
      this.spread = element("ul", { class: "plain" });
      this.details = element("details", { class: "rate__spread", ontoggle: () => this.details.open && this.#read(own, true) }, element("summary", { class: "quiet" }, t("spread")), this.spread);
      this.#show(known.rating);
      this.replaceChildren(this.average, this.details, beside);
      this.#quiet = listen(this.page, (news) => news.rating && this.#show(news.rating));
    } catch (problem) {
      // the link that stood here stays; the thread below says that the service is down
      if (!(problem instanceof Problem)) throw problem;
    }
  }

  disconnectedCallback() {
    this.#quiet();
  }

  logInHref() {
    return logInUrl(this.language, anchorOf(this, "rating"));
  }

  async #form(own) {
    const [{ rateForm }] = await Promise.all([import("./rate.js"), loadWords(this.language, "-writing")]);
    return rateForm(this, own.stars);
  }

  /**
   * Everyone reads the shared counts; who has written here reads the thread of their own version, which no cache can make
   * older. How the stars are spread stands in the thread only.
   */
  async #read(own, isSpread = false) {
    const version = leastVersion(this.page, own);
    if (!version && !isSpread) return counts(this.page, this.language);
    const thread = await ask("GET", `threads/${this.page}`, { query: { limit: 10, version }, lang: this.language, isPublic: true });
    tell({ page: this.page, comments: thread.commentCount, rating: thread.rating, views: thread.views });
    return thread;
  }

  #show({ average: value, count, distribution }) {
    this.average.replaceChildren(fiveStars(value), " ", this.t("ratingLong", { count, average: average(value) }));
    this.details.hidden = !count;
    if (distribution) this.spread.replaceChildren(...[5, 4, 3, 2, 1].map((number) => this.#bar(number, distribution[number - 1], count)));
  }

  /** A bar is a picture; the words beside it say the same. */
  #bar(number, given, count) {
    const bar = element("span", { class: "rate__bar" });
    bar.style.inlineSize = `${(given / count) * 100}%`;
    return element("li", {}, `${number} ${this.t("star", { count: number })}: `, element("span", { class: "rate__track" }, bar), element("span", { class: "num" }, `${given}`));
  }
}
