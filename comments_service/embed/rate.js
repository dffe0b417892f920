/** Five radio inputs to give a page one's own stars, change them and take them back. */
import { Problem, ask } from "./api.js";
import { tell } from "./counts.js";
import { element, focusOn, uniqueId } from "./dom.js";
import { explain } from "./faults.js";
import { rememberVersion } from "./session.js";
import { oneStar } from "./stars.js";

/** The form of who is logged in, who gave `stars` before. */
export function rateForm(host, stars) {
  const { page, t, language: lang } = host;
  const name = uniqueId("stars");
  const label = (count) =>
    element(
      "label",
      {},
      element("input", { type: "radio", name, value: count }),
      oneStar(),
      element("span", {}, String(count), element("span", { class: "vh" }, ` ${t("ofFive")}`)),
    );
  const status = element("p", { class: "rate__status", role: "status" });
  const alert = element("p", { class: "utrecht-form-field-error-message", role: "alert", id: uniqueId("rate-error") });
  const send = element("button", { class: "nl-button" });
  const takeBack = element("button", { class: "quiet", type: "button", onclick: () => withdraw() }, t("withdrawRating"));
  const onsubmit = (event) => {
    event.preventDefault();
    rate();
  };
  const form = element(
    "form",
    { class: "rate", novalidate: true, onsubmit },
    element(
      "fieldset",
      { "aria-describedby": alert.id },
      element("legend", {}, t(page.startsWith("groups/") ? "rateGroup" : "rateBlog")),
      alert,
      element(
        "div",
        { class: "rate__row" },
        element("div", { class: "rate__stars" }, ...[1, 2, 3, 4, 5].map(label)),
        element("div", { class: "buttons" }, send, takeBack),
      ),
    ),
  );
  const show = (own) => {
    for (const input of form.querySelectorAll("input")) input.checked = Number(input.value) === own;
    send.textContent = t(own ? "changeRating" : "rate");
    takeBack.hidden = !own;
  };
  let isBusy = false;
  const write = async (method, body, done) => {
    if (isBusy) return;
    isBusy = true;
    alert.textContent = status.textContent = "";
    try {
      const answer = await ask(method, `threads/${page}/rating`, { body, lang });
      rememberVersion(page, answer.version);
      show(answer.stars);
      tell({ page, rating: answer.rating });
      status.textContent = done;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      alert.replaceChildren(...explain(host, problem));
    } finally {
      isBusy = false;
    }
  };
  const rate = async () => {
    const chosen = form.querySelector("input:checked");
    if (chosen) {
      await write("PUT", { stars: Number(chosen.value) }, t("rated", { count: Number(chosen.value) }));
    } else {
      alert.textContent = t("chooseStars");
      form.querySelector("input").focus();
    }
  };
  const withdraw = async () => {
    await write("DELETE", undefined, t("ratingWithdrawn"));
    if (takeBack.hidden) focusOn(form.querySelector("input"));
  };
  show(stars);
  return element("div", {}, form, status);
}
