/** <plein-thread page="blogs/x" lang="nl">: the comments of a page. Waits until it is near the viewport, then loads the rest. */
import { Problem } from "./api.js";
import { anchorOf, element } from "./dom.js";
import { supported, words } from "./language.js";
import { adoptStyles } from "./styles.js";
import { countView } from "./views.js";

const NEAR = "600px"; // about one screen ahead

export class PleinThread extends HTMLElement {
  #observer = null;
  #started = false;
  #onHash = () => this.#isAimedAt() && this.#start();

  connectedCallback() {
    this.page = this.getAttribute("page");
    this.language = supported(this.lang || document.documentElement.lang);
    countView(this.page);
    if (this.#started) return;
    if (this.#isAimedAt()) {
      this.#start();
      return;
    }
    window.addEventListener("hashchange", this.#onHash);
    this.#observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#start(), {
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
    if (!fragment) return false;
    if (fragment.startsWith("c-")) return true;
    const target = document.getElementById(fragment);
    return Boolean(target) && (this.contains(target) || target.contains(this) || this.anchor === fragment);
  }

  #stopWaiting() {
    this.#observer?.disconnect();
    window.removeEventListener("hashchange", this.#onHash);
  }

  async #start() {
    if (this.#started) return;
    this.#started = true;
    this.#stopWaiting();
    this.setAttribute("aria-busy", "true");
    const t = await words(this.language);
    try {
      const [{ ThreadView }] = await Promise.all([loadView(), adoptStyles()]);
      await ThreadView.open(this, t);
    } catch (problem) {
      this.#sayCalmly(problem instanceof Problem && problem.status === 404 ? t("unknownPage") : t("down"));
      if (!(problem instanceof Problem)) throw problem;
    } finally {
      this.removeAttribute("aria-busy");
    }
  }

  /** One line; the link to the service's own page stays where it is. */
  #sayCalmly(text) {
    this.prepend(element("p", { class: "thread__line", role: "status" }, text));
  }
}

/** What reading needs. A module that does not arrive is a service that is down. */
const loadView = () =>
  import("./reading.js").catch(() => {
    throw new Problem(0);
  });
