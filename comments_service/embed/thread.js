/** <plein-thread page="blogs/x" lang="nl">: the comments of a page. Waits until it is near the viewport, then loads it. */
import { Problem, ask, isElsewhere } from "./api.js";
import { anchorOf, element, focusOn } from "./dom.js";
import { languageOf, words } from "./language.js";
import { ThreadView } from "./reading.js";
import { adoptStyles } from "./styles.js";
import { countView } from "./views.js";

const NEAR = "600px"; // about one screen ahead

export class PleinThread extends HTMLElement {
  #observer = null;
  #started = false;
  #onHash = () => this.#isAimedAt() && this.#start();

  connectedCallback() {
    this.page = this.getAttribute("page");
    this.language = languageOf(this);
    countView(this.page);
    if (this.#started) return;
    if (this.#isAimedAt()) {
      this.#start();
      return;
    }
    addEventListener("hashchange", this.#onHash);
    this.#observer = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && this.#start(), {
      rootMargin: NEAR,
    });
    this.#observer.observe(this);
  }

  disconnectedCallback() {
    this.#stopWaiting();
  }

  /** Where a log-in leads back to. */
  get anchor() {
    return anchorOf(this, "comments");
  }

  #isAimedAt() {
    const fragment = location.hash.slice(1);
    const target = document.getElementById(fragment);
    return fragment.startsWith("c-") || (target && (this.contains(target) || target.contains(this) || this.anchor === fragment));
  }

  #stopWaiting() {
    this.#observer?.disconnect();
    removeEventListener("hashchange", this.#onHash);
  }

  async #start() {
    if (this.#started) return;
    this.#started = true;
    this.#stopWaiting();
    this.ariaBusy = true;
    const t = await words(this.language);
    try {
      if (isElsewhere) await ask("GET", "origin", { lang: this.language, isPublic: true });
      await adoptStyles();
      await ThreadView.open(this, t);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const refused = { 403: problem.detail, 404: t("unknown") }[problem.status];
      this.#sayCalmly(refused ?? t("down"), !refused && t("again"));
    } finally {
      this.ariaBusy = null;
    }
  }

  /** One line; what stood here stays where it is: the link to the service's own page, comments from the build. */
  #sayCalmly(text, label) {
    const onclick = () => {
      line.remove();
      focusOn(this);
      this.#started = false;
      this.#start();
    };
    const again = label && element("button", { class: "quiet", type: "button", onclick }, label);
    const line = element("p", { class: "thread__line", role: "status" }, text, " ", again);
    this.append(line);
  }
}
