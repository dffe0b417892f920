/** The buttons under a comment, for who is logged in. Each names what it does in data-action. */
import { helpful } from "./comment.js";
import { element } from "./dom.js";

export function buttons(view, comment, nameId) {
  const button = (name, attributes = {}, ...words) =>
    element(
      "button",
      { class: "quiet", type: "button", "data-action": name, "aria-describedby": nameId, onclick: () => view.act(name, comment), ...attributes },
      ...(words.length ? words : [view.t(name)]),
    );
  const made = [];
  const isOwn = view.isOwn(comment);
  if (comment.state === "shown") {
    if (!isOwn) made.push(button("vote", { "aria-pressed": String(view.reader.votes[comment.id] === 1) }, ...helpful(comment, view)));
    else if (comment.votes) made.push(element("span", {}, ...helpful(comment, view)));
    if (view.mayComment) made.push(button("reply"), button("quote"));
    if (!isOwn) made.push(button("report"));
  }
  if (isOwn) {
    const left = view.reader.rights.editMinutes * 60_000 - (Date.now() - new Date(comment.createdAt));
    if (left > 0) {
      const edit = button("edit");
      if (left < 2 ** 31) setTimeout(() => edit.remove(), left);
      made.push(edit);
    }
    made.push(button("delete"));
  }
  return made;
}
