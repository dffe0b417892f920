/**
 * The form that reports a comment to the moderators, in place of its buttons. Few ask for it, so it is a script of its own:
 * it is given what it needs.
 */
export default async (view, comment, ask, element, explain) => {
  const { default: words } = await import(`./${view.lang}-report.js`);
  const article = view.item(comment.id).firstElementChild;
  const [foot] = article.getElementsByClassName("comment__foot");
  const id = `plein-report-${comment.id}`;
  if (document.getElementById(id)) return; // a double click
  const reason = element("textarea", {
    class: "utrecht-textarea",
    id,
    rows: "3",
    maxlength: "1000",
    "aria-required": "true",
    "aria-describedby": `${id}-hint ${id}-fault`,
  });
  const fault = element("p", { class: "utrecht-form-field-error-message", id: `${id}-fault`, role: "alert" });
  const close = () => {
    form.remove();
    foot.hidden = false;
    foot.querySelector("[data-action=report]").focus();
  };
  let isBusy = false;
  const onsubmit = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    fault.textContent = "";
    try {
      await ask("POST", `comments/${comment.id}/reports`, { body: { reason: reason.value }, lang: view.lang });
      close();
      article.querySelector(":scope > .comment__fault")?.remove();
      article.append(element("p", { class: "comment__fault meta" }, words.sent));
      view.announce(words.sent);
    } catch (problem) {
      if (!("errors" in problem)) throw problem;
      fault.replaceChildren(...explain(view, problem, article.id));
      reason.focus();
    } finally {
      isBusy = false;
    }
  };
  const form = element(
    "form",
    { class: "comment__confirm", "aria-label": view.t("report"), novalidate: true, onsubmit, onkeydown: (event) => event.key === "Escape" && close() },
    element("label", { class: "utrecht-form-label", for: id }, words.question),
    element("p", { class: "utrecht-form-field-description", id: `${id}-hint` }, words.hint),
    fault,
    reason,
    element(
      "div",
      { class: "buttons" },
      element("button", { class: "nl-button" }, words.send),
      element("button", { class: "quiet", type: "button", onclick: close }, words.cancel),
    ),
  );
  foot.hidden = true;
  article.append(form);
  reason.focus();
};
