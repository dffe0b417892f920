/** One comment, in the same markup as the service's own HTML pages. */
import { servicePage } from "./api.js";
import { fullTime, languageName, shortTime } from "./dates.js";
import { element, sanitised } from "./dom.js";

export const anchor = (id) => `c-${id}`;

/** The article of a comment, or the line that stands for one that is gone. `parentName` when nesting no longer shows the parent. */
export function commentArticle(comment, view, parentName = null) {
  if (!["shown", "held"].includes(comment.state)) {
    const text = view.t(comment.state === "hidden" ? "hidden" : "removed");
    return element("p", { class: "comment comment--gone", id: anchor(comment.id) }, text);
  }
  const nameId = `${anchor(comment.id)}-name`;
  const top = head(comment, view, nameId, parentName);
  return element(
    "article",
    { class: "comment", id: anchor(comment.id), "aria-label": label(comment.id, `${nameOf(comment, view)}, ${top.querySelector("time").title}`) },
    top,
    element("div", { class: "comment__text", dir: "auto", lang: comment.lang }, folded(comment, sanitised(comment.html))),
    foot(comment, view, nameId),
  );
}

const namesakes = {}; // who and when -> the ids of the comments of which that is said

/** Who wrote and when; with a number where that is said of an earlier one too. */
function label(id, text) {
  const ids = [...(namesakes[text] ??= new Set()).add(id)];
  return ids[0] === id ? text : `${text} (${ids.indexOf(id) + 1})`;
}

export const nameOf = (comment, view) => comment.author?.name ?? view.t("nobody");

function head(comment, view, nameId, parentName) {
  const name = nameOf(comment, view);
  return element(
    "header",
    { class: "comment__head" },
    element("span", { class: comment.author?.server ? "avatar avatar--far" : "avatar", "aria-hidden": "true" }, initials(name)),
    element(
      "div",
      {},
      element(
        "p",
        { class: "comment__who", id: nameId },
        author(comment, name),
        comment.author?.server && badge(comment.author.handle ?? comment.author.server),
        comment.state === "held" && badge(view.t("held")),
        comment.lang !== view.lang && badge(languageName(comment.lang, view.lang)),
      ),
      element(
        "p",
        { class: "meta comment__when" },
        element("a", { href: `#${anchor(comment.id)}` }, time(comment.createdAt, view)),
        comment.editedAt && element("span", {}, `${view.t("edited")} `, time(comment.editedAt, view)),
        parentName && element("span", {}, `${view.t("inReplyTo")} `, element("a", { dir: "auto", href: `#${anchor(comment.inReplyTo)}` }, parentName)),
        comment.url ? element("a", { href: comment.url }, view.t("original")) : comment.travels && element("span", {}, view.t("travels")),
      ),
    ),
  );
}

/** A text behind what its author warns of. */
const folded = ({ warning }, text) => (warning ? element("details", {}, element("summary", {}, warning), text) : text);

const badge = (text) => element("span", { class: "nl-data-badge" }, text);

/** dir=auto keeps a name with right-to-left characters from turning the words around it. */
function author({ author, state }, name) {
  const bold = element("b", { dir: "auto" }, name);
  return author?.url && state === "shown" ? element("a", { href: author.url }, bold) : bold;
}

function time(text, view) {
  const date = new Date(text);
  return element("time", { datetime: text, title: fullTime(date, view.lang) }, shortTime(date, view.lang));
}

/** The word of a vote with how many there are. */
export const helpful = (comment, view) => [view.t("helpful"), comment.votes > 0 && element("span", { class: "num" }, `\u00a0(${comment.votes})`)];

/** What people on other servers did with a comment or a page. */
export const reactions = (of, view) => ["likes", "boosts", "quotes"].filter((name) => of[name]).map((name) => element("span", {}, view.t(name, { count: of[name] })));

/** What one can do with a comment: for who is logged in the buttons of the writing modules. */
function foot(comment, view, nameId) {
  const link = (name, href) => element("a", { class: "quiet", href, "aria-describedby": nameId }, view.t(name));
  const parts = view.reader
    ? view.buttons(comment, nameId)
    : [
        comment.votes > 0 && element("span", {}, ...helpful(comment, view)),
        !view.closedBy && link("reply", view.logInHref(anchor(comment.id))),
        view.federated && (comment.url || comment.travels) && link("away", servicePage(view.lang, `answer?comment=${comment.id}`)),
      ];
  parts.push(...reactions(comment, view));
  return parts.some(Boolean) && element("div", { class: "comment__foot" }, ...parts);
}

/** One or two letters: of the first and the last word that begins with a letter or a digit. */
function initials(name) {
  const letters = name
    .split(/\s+/u)
    .map((word) => word.match(/[\p{L}\p{N}]/u)?.[0])
    .filter(Boolean);
  return [...new Set([letters[0], letters.at(-1)])].join("").toLocaleUpperCase() || "?";
}
