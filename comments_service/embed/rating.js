/** <plein-rating page="blogs/x" lang="nl">: the stars of a page, and five radio inputs to give one's own. */
import { Problem, ask, logInUrl } from "./api.js";
import { counts, listen, tell } from "./counts.js";
import { average } from "./dates.js";
import { anchorOf, element, focusOn, uniqueId } from "./dom.js";
import { supported, words } from "./language.js";
import { forget, knownVersion, mine, rememberVersion } from "./session.js";
import { fiveStars, oneStar } from "./stars.js";
import { adoptStyles } from "./styles.js";
import { countView } from "./views.js";

export class PleinRating extends HTMLElement {
  #quiet = () => {};
  #busy = false;
  #stars = null;

  async connectedCallback() {
    this.page = this.getAttribute("page");
    this.language = supported(this.lang || document.documentElement.lang);
    countView(this.page);
    try {
      const own = await mine(this.page, this.language);
      const [known, t] = await Promise.all([this.#read(own), words(this.language), adoptStyles()]);
      if (!known) return;
      this.t = t;
      this.#build(own, known.rating);
      this.#quiet = listen(this.page, (news) => news.rating && this.#showAverage(news.rating));
    } catch (problem) {
      // the link that stood here stays; the thread below says that the service is down
      if (!(problem instanceof Problem)) throw problem;
    }
  }

  disconnectedCallback() {
    this.#quiet();
  }

  /** Everyone reads the shared counts; who has written here reads the thread of their own version, which no cache can make older. */
  async #read(own) {
    const version = Math.max(own?.version ?? 0, knownVersion(this.page) ?? 0);
    if (!version) return counts(this.page, this.language);
    const query = { order: "oldest", limit: 10, version };
    const thread = await ask("GET", `threads/${this.page}`, { query, lang: this.language, isPublic: true });
    tell({ page: this.page, comments: thread.commentCount, rating: thread.rating, views: thread.views });
    return thread;
  }

  #build(own, rating) {
    this.average = element("p", { class: "rate__average" });
    this.status = element("p", { class: "rate__status", role: "status" });
    this.#stars = own?.stars ?? null;
    this.#showAverage(rating);
    this.replaceChildren(this.average, own ? this.#form(own) : this.#gate(), this.status);
  }

  #gate() {
    return element("p", {}, element("a", { class: "quiet", href: this.#logInHref() }, this.t("logInToRate")));
  }

  #logInHref() {
    return logInUrl(this.language, anchorOf(this, "rating"));
  }

  #showAverage(rating) {
    const { count } = rating;
    const value = rating.average ?? 0;
    const text = this.t("ratingLong", { count, average: average(value, this.language) });
    const [stars, people] = text.split(" (");
    this.average.replaceChildren(
      fiveStars(value),
      " ",
      element("span", { class: "nb" }, `${stars} `, element("span", { class: "num" }, `(${people}`)),
    );
  }

  #form(own) {
    const name = uniqueId("stars");
    const label = (count) =>
      element(
        "label",
        {},
        element("input", { type: "radio", name, value: count }),
        oneStar(),
        element("span", {}, String(count), element("span", { class: "vh" }, ` ${this.t("star", { count })}`)),
      );
    this.alert = element("p", { class: "utrecht-form-field-error-message", role: "alert", id: uniqueId("rate-error") });
    this.send = element("button", { class: "nl-button" });
    this.takeBack = element("button", { class: "quiet", type: "button", onclick: () => this.#withdraw() }, this.t("withdrawRating"));
    this.fieldset = element(
      "fieldset",
      { "aria-describedby": this.alert.id },
      element("legend", {}, this.t(this.page.startsWith("groups/") ? "rateGroup" : "rateBlog")),
      this.alert,
      element(
        "div",
        { class: "rate__row" },
        element("div", { class: "rate__stars" }, ...[1, 2, 3, 4, 5].map(label)),
        element("div", { class: "buttons" }, this.send, this.takeBack),
      ),
    );
    const submit = (event) => {
      event.preventDefault();
      this.#rate();
    };
    this.form = element("form", { class: "rate", novalidate: true, onsubmit: submit }, this.fieldset);
    this.#showOwn(own.stars);
    return this.form;
  }

  #showOwn(stars) {
    this.#stars = stars;
    for (const input of this.form.querySelectorAll("input")) input.checked = Number(input.value) === stars;
    this.send.textContent = this.t(stars ? "changeRating" : "rate");
    this.takeBack.hidden = !stars;
  }

  get #chosen() {
    return Number(this.form.querySelector("input:checked")?.value ?? 0);
  }

  async #rate() {
    const stars = this.#chosen;
    if (!stars) {
      this.alert.textContent = this.t("chooseStars");
      this.form.querySelector("input").focus();
      return;
    }
    await this.#write("PUT", { stars }, () => this.t("rated", { count: stars }));
  }

  async #withdraw() {
    await this.#write("DELETE", undefined, () => this.t("ratingWithdrawn"));
    if (this.takeBack.hidden) focusOn(this.form.querySelector("input"));
  }

  async #write(method, body, done) {
    if (this.#busy) return;
    this.#busy = true;
    this.alert.textContent = "";
    this.status.textContent = "";
    try {
      const answer = await ask(method, `threads/${this.page}/rating`, { body, lang: this.language });
      rememberVersion(this.page, answer.version);
      this.#showOwn(answer.stars);
      tell({ page: this.page, rating: answer.rating });
      this.status.textContent = done();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 401) this.#loggedOut();
      else this.alert.textContent = problem.isDown ? this.t("notDone") : problem.detail;
    } finally {
      this.#busy = false;
    }
  }

  #loggedOut() {
    forget();
    this.alert.replaceChildren(this.t("loggedOutNoText"), " ", element("a", { href: this.#logInHref() }, this.t("logInAgain")));
  }
}
