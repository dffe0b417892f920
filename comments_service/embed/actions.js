/** What a reader who is logged in does in a thread: comment, reply, edit and delete, each in place. */
import { Problem, ask, base, isElsewhere, servicePage } from "./api.js";
import { anchor, nameOf } from "./comment.js";
import { readDraft } from "./drafts.js";
import { element, focusOn, uniqueId } from "./dom.js";
import { explain } from "./faults.js";
import { forget } from "./session.js";
import { WriteForm } from "./writing.js";

/** The form under the thread. */
export function newCommentForm(view) {
  const heading = element("h3", { id: uniqueId("write") }, view.t("write"));
  const holder = element("section", { class: "writing", "aria-labelledby": heading.id });
  const build = () =>
    new WriteForm(view, {
      draft: `${view.page}:new`,
      label: view.t("comment"),
      button: view.t("place"),
      isNew: true,
      fragment: view.anchor,
      beside: accountLink(view),
      send: (parcel) => post(view, parcel),
      done: (answer) => {
        placed(view, answer, "placed");
        holder.replaceChildren(heading, build().form); // without the name field from now on
      },
    });
  const form = build();
  holder.append(heading, form.form);
  if (form.wasRestored) view.announce(view.t("draftRestored"));
  return holder;
}

/** Open the reply form under a comment, or go to it when it is open. */
export function reply(view, comment, { takesFocus = true, text = "" } = {}) {
  const li = view.item(comment.id);
  const open = li.querySelector(":scope > .comment__write textarea");
  if (open) {
    open.setRangeText(text, open.selectionStart, open.selectionEnd, "end");
    open.dispatchEvent(new InputEvent("input", { bubbles: true }));
    open.focus();
    return;
  }
  const close = () => holder.remove();
  const form = new WriteForm(view, {
    draft: replyDraft(view, comment),
    label: view.t("answer", { name: nameOf(comment, view) }),
    button: view.t("placeAnswer"),
    isNew: true,
    fragment: anchor(comment.id),
    send: (parcel) => post(view, parcel, comment.id),
    done: (answer) => {
      close();
      placed(view, answer, "answered");
    },
    cancel: () => {
      close();
      button(view, comment, "reply")?.focus();
    },
  });
  const holder = element("div", { class: "comment__write" }, form.form);
  li.firstElementChild.after(holder);
  if (text) form.insert(text);
  if (takesFocus) form.focus();
}

/** Reply with what the comment says, or with the part of it that the reader selected. */
export function quote(view, comment) {
  const text = view.item(comment.id).querySelector(".comment__text");
  const selection = getSelection();
  const selected = text.contains(selection.anchorNode) && text.contains(selection.focusNode) ? selection.toString() : "";
  const lines = (selected.trim() || text.innerText.trim()).split("\n");
  reply(view, comment, { text: `${lines.map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n` });
}

/** Call a comment helpful, or take that back. */
export async function vote(view, comment) {
  const isTaken = view.reader.votes[comment.id] === 1;
  const article = view.item(comment.id).firstElementChild;
  if (article.ariaBusy) return;
  article.ariaBusy = true;
  try {
    const path = `comments/${comment.id}/vote`;
    const answer = await ask(isTaken ? "DELETE" : "PUT", path, { body: isTaken ? undefined : { value: 1 }, lang: view.lang });
    view.reader.votes[comment.id] = answer.value;
    view.replace({ ...comment, votes: answer.votes });
    view.announce(view.t(isTaken ? "voteTaken" : "voted"));
    button(view, comment, "vote")?.focus();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    sayInFoot(view, article, problem);
  } finally {
    article.ariaBusy = null;
  }
}

/** A reply or an edit that was being written comes back, open, after a log-in or a reload. */
export function restore(view, comment) {
  for (const [action, name] of [["reply", replyDraft(view, comment)], ["edit", editDraft(comment)]]) {
    const kept = readDraft(name);
    if (kept?.text && !kept.isClosed && button(view, comment, action)) act(action, view, comment, { takesFocus: false });
  }
}

/** Change one's own comment in its place. */
export async function edit(view, comment, { takesFocus = true } = {}) {
  const article = view.item(comment.id).firstElementChild;
  if (article.querySelector(".comment__write")) return;
  let source;
  try {
    source = await ask("GET", `comments/${comment.id}`, { lang: view.lang });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    sayInFoot(view, article, problem);
    return;
  }
  const parts = article.querySelectorAll(".comment__text, .comment__foot");
  const form = new WriteForm(view, {
    draft: editDraft(comment),
    label: view.t("change"),
    button: view.t("save"),
    text: source.text,
    fragment: anchor(comment.id),
    send: ({ text }) => ask("PATCH", `comments/${comment.id}`, { body: { text }, lang: view.lang }),
    done: (answer) => {
      view.replace(answer);
      view.announce(view.t("saved"));
      focusOn(view.item(comment.id).firstElementChild);
    },
    cancel: () => {
      holder.remove();
      for (const part of parts) part.hidden = false;
      button(view, comment, "edit").focus();
    },
  });
  const holder = element("div", { class: "comment__write" }, form.form);
  for (const part of parts) part.hidden = true;
  article.append(holder);
  if (takesFocus) form.focus();
}

/** Ask in place, then delete. The question has the focus, so that pressing a key twice deletes nothing. */
function remove(view, comment) {
  const article = view.item(comment.id).firstElementChild;
  const foot = article.querySelector(".comment__foot");
  const question = element("p", { id: uniqueId("sure") }, view.t("deleteSure"));
  const fault = element("p", { class: "utrecht-form-field-error-message", role: "alert" });
  const cancel = () => {
    group.remove();
    foot.hidden = false;
    button(view, comment, "delete").focus();
  };
  let isBusy = false;
  const confirm = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      await ask("DELETE", `comments/${comment.id}`, { lang: view.lang });
      const neighbour = view.remove(comment.id);
      view.announce(view.t("deleted"));
      focusOn(neighbour);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fault.replaceChildren(...explain(view, problem, anchor(comment.id)));
    } finally {
      isBusy = false;
    }
  };
  const group = element(
    "div",
    {
      class: "comment__confirm",
      role: "group",
      "aria-labelledby": question.id,
      onkeydown: (event) => event.key === "Escape" && cancel(),
    },
    question,
    fault,
    element(
      "div",
      { class: "buttons" },
      element("button", { class: "nl-button", type: "button", onclick: confirm }, view.t("deleteYes")),
      element("button", { class: "quiet", type: "button", onclick: cancel }, view.t("cancel")),
    ),
  );
  foot.hidden = true;
  article.append(group);
  focusOn(group);
}

/** Tell the moderators what is wrong with a comment. Few ever do, so the form is a script of its own. */
const report = (view, comment) =>
  import(new URL("embed/report.js", base))
    .then((own) => own.default(view, comment, ask, element, explain))
    .catch(() => sayInFoot(view, view.item(comment.id).firstElementChild, new Problem(0)));

/** Run the action that a button names. */
export const act = (name, ...of) => ({ reply, quote, edit, delete: remove, report, vote })[name](...of);

const replyDraft = (view, comment) => `${view.page}:reply:${comment.id}`;

const editDraft = (comment) => `edit:${comment.id}`;

const button = (view, comment, action) => view.item(comment.id)?.firstElementChild.querySelector(`[data-action="${action}"]`);

/** The way to another name, and out; a page of another origin ends its own session, of which our pages know nothing. */
export function accountLink(view) {
  const link = element("a", { class: "quiet", href: servicePage(view.lang, "account").href }, view.t("account"));
  if (!isElsewhere) return link;
  return element("span", { class: "buttons" }, link, element("button", { class: "quiet", type: "button", onclick: () => logOut(view) }, view.t("logOut")));
}

async function logOut(view) {
  try {
    await ask("DELETE", "me/sessions/current", { lang: view.lang });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // forgotten here, the token ends by itself within hours
  }
  forget();
  location.reload();
}

async function post(view, { text, name, key, lang, travel }, inReplyTo) {
  const { account } = view.reader;
  if (travel && account.federates === null) {
    // before the comment, so that it travels too
    const { handle, federation } = travel;
    Object.assign(account, await ask("PATCH", "me", { body: { name: account.name ? null : name, handle, federation }, lang: view.lang }));
    for (const asked of document.querySelectorAll(".travel")) asked.remove();
  }
  const body = { text, lang, inReplyTo, name: account.name ? null : name };
  return ask("POST", `threads/${view.page}/comments`, { body, key, lang: view.lang });
}

function placed(view, { version, ...comment }, message) {
  view.reader.account.name ??= comment.author.name;
  view.add(comment, version);
  view.announce(view.t(comment.state === "held" ? "placedHeld" : message));
}

function sayInFoot(view, article, problem) {
  article.querySelector(".comment__fault")?.remove();
  const fault = element("p", { class: "comment__fault utrecht-form-field-error-message", role: "alert" });
  article.append(fault);
  fault.append(...explain(view, problem, article.id));
}
