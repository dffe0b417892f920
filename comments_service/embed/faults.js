/** What to tell of a request that failed, for the forms and buttons of who is logged in. */
import { element } from "./dom.js";
import { forget } from "./session.js";

/** Texts and links. `fragment` is where a log-in leads back to; `ended` and `failed` name other words for a text that was kept. */
export function explain(view, problem, fragment, ended = "loggedOutNoText", failed = "notDone") {
  if (problem.status === 401) {
    forget();
    return [view.t(ended), " ", element("a", { href: view.logInHref(fragment) }, view.t("logInAgain"))];
  }
  return [(problem.status < 500 && (problem.errors[0]?.message ?? problem.detail)) || view.t(failed)];
}
