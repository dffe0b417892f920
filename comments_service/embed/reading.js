/** The loaded thread: its list, order, paging and permalinks. Writing is loaded only for who may write. */
import { Problem, ask, logInUrl } from "./api.js";
import { anchor, commentArticle, nameOf } from "./comment.js";
import { tell } from "./counts.js";
import { element, focusOn } from "./dom.js";
import { knownVersion, mine, rememberVersion } from "./session.js";

const PAGE_SIZE = 25; // root comments at a time (API: 10, 25 or 50)
const DEEPEST = 4; // levels that are shown nested; a deeper answer names the one it answers

export class ThreadView {
  #host;
  #items = new Map(); // comment id -> {comment, li, depth}
  #next = null;
  #actions = null; // the module for who is logged in; loaded before its buttons are there, so that a press acts at once
  #order = "oldest";

  /** Load the thread into its element. Throws Problem when the service cannot give it; the element is then as it was. */
  static async open(host, t) {
    const view = new ThreadView(host, t);
    view.reader = await mine(view.page, view.lang);
    view.version = Math.max(view.reader?.version ?? 0, knownVersion(view.page) ?? 0);
    const { thread, isAimed } = await view.#readAimed();
    view.isOpen = thread.comments === "open";
    if (view.isLoggedIn) view.#actions = await import("./actions.js");
    view.#build();
    view.#fill(thread, isAimed);
    view.#buildFoot();
    view.#showAim();
    window.addEventListener("hashchange", () => view.#followHash());
    return view;
  }

  constructor(host, t) {
    this.#host = host;
    this.t = t;
    this.page = host.page;
    this.lang = host.language;
  }

  get isLoggedIn() {
    return this.reader !== null;
  }

  get mayComment() {
    return this.isOpen && Boolean(this.reader?.rights.comment);
  }

  get anchor() {
    return this.#host.anchor;
  }

  isOwn(comment) {
    return Boolean(this.reader?.own.includes(comment.id));
  }

  logInHref(fragment = this.anchor) {
    return logInUrl(this.lang, fragment);
  }

  /** Tell screen readers what happened, once, without moving the focus. */
  announce(text) {
    this.status.textContent = text;
  }

  /** The list item of a comment that is on the screen. */
  item(id) {
    return this.#items.get(id)?.li;
  }

  /** Run "reply", "edit" or "delete" on a comment. */
  act(name, comment) {
    return this.#actions[name](this, comment);
  }

  /** After a write of which the answer names no version: the next reading asks past every cache. */
  #outdated() {
    this.#wrote(this.version + 1);
  }

  #wrote(version) {
    this.version = Math.max(this.version, version);
    rememberVersion(this.page, this.version);
  }

  /** A comment the reader just wrote takes its place, and the focus. One that was sent twice may stand there already. */
  add(comment, version) {
    this.#wrote(version);
    if (!this.#items.has(comment.id)) {
      this.reader.own.push(comment.id);
      if (!comment.inReplyTo) this.#addRoot(comment, this.#order === "newest");
      else this.#addReply(comment);
      this.#setCount(this.count + 1);
    }
    focusOn(document.getElementById(anchor(comment.id)));
  }

  replace(comment) {
    this.#outdated();
    const item = this.#items.get(comment.id);
    item.comment = comment;
    item.li.firstElementChild.replaceWith(this.#article(comment, item.depth));
  }

  /** A comment was deleted: with answers a line stays in its place. Returns what should have the focus now. */
  remove(id) {
    this.#outdated();
    const { comment, li } = this.#items.get(id);
    this.#setCount(this.count - 1);
    if (li.querySelector(":scope > ol > li")) {
      this.replace({ ...comment, state: "removed", html: "", author: null });
      return li.firstElementChild;
    }
    const neighbour = (li.previousElementSibling ?? li.parentElement.closest("li") ?? li.nextElementSibling)?.firstElementChild;
    const siblings = li.parentElement;
    li.remove();
    this.#items.delete(id);
    if (siblings !== this.list && !siblings.children.length) siblings.remove();
    return neighbour ?? this.line;
  }

  #build() {
    this.status = element("p", { class: "vh", role: "status" });
    this.line = element("p", { class: "thread__line" }, this.t("noComments"));
    this.list = element("ol", { class: "thread" });
    this.controls = this.#orderControl();
    this.whole = this.#button("wholeThread", () => this.#reload({}, "first"));
    this.more = this.#button("more", () => this.#loadMore());
    this.foot = element("div", { class: "thread__foot" });
    this.#host.replaceChildren(this.status, this.controls, this.whole, this.line, this.list, this.more, this.foot);
  }

  #button(name, onclick) {
    return element("p", { class: "thread__more", hidden: true }, element("button", { class: "nl-button", type: "button", onclick }, this.t(name)));
  }

  #orderControl() {
    const id = `order-${this.page.replace("/", "-")}`;
    const select = element(
      "select",
      { class: "utrecht-select", id },
      ...["oldest", "newest"].map((order) => element("option", { value: order }, this.t(order))),
    );
    select.addEventListener("change", () => {
      this.#order = select.value;
      this.#reload({}, "stay");
    });
    const label = element("label", { class: "utrecht-form-label", for: id }, this.t("order"));
    return element("div", { class: "controls" }, element("div", {}, label, select));
  }

  /** Everyone's answer; with `version` no cache can give less than what this reader wrote. */
  #read(extra) {
    const query = { order: this.#order, limit: PAGE_SIZE, ...extra };
    if (this.version) query.version = this.version;
    return ask("GET", `threads/${this.page}`, { query, lang: this.lang, isPublic: true });
  }

  /** The part of the thread that the address leads to; from the start when that comment is gone. */
  async #readAimed() {
    const aim = this.#aim();
    if (!aim.around) return { thread: await this.#read({}), isAimed: false };
    try {
      return { thread: await this.#read(aim), isAimed: true };
    } catch (problem) {
      if (!isGone(problem)) throw problem;
      return { thread: await this.#read({}), isAimed: false };
    }
  }

  #fill(thread, isPart = false) {
    this.#items.clear();
    this.#host.querySelector(":scope > .thread__gone")?.remove();
    this.list.replaceChildren();
    this.#append(thread);
    this.whole.hidden = !isPart || this.#items.size >= thread.commentCount;
    this.#setCount(thread.commentCount, thread);
  }

  /** Add a page of the thread; returns the first comment that was not there yet. */
  #append(thread) {
    const known = new Set(this.#items.keys());
    for (const { replies, ...root } of thread.items) {
      if (this.#items.has(root.id)) continue;
      this.#addRoot(root);
      this.#addReplies(root.id, replies);
    }
    this.#next = thread.next;
    this.more.hidden = !thread.next;
    return [...this.#items.keys()].filter((id) => !known.has(id));
  }

  #addRoot(comment, first = false) {
    const li = element("li", {}, this.#article(comment, 1));
    if (first) this.list.prepend(li);
    else this.list.append(li);
    this.#items.set(comment.id, { comment, li, depth: 1 });
  }

  /** A reply stands under the one it answers; when that one is not on the screen, under the root of both. */
  #addReply(comment, rootId) {
    const parent = this.#items.get(comment.inReplyTo) ?? this.#items.get(rootId);
    if (!parent || this.#items.has(comment.id)) return;
    const isNested = parent.depth < DEEPEST;
    const depth = isNested ? parent.depth + 1 : parent.depth;
    const li = element("li", {}, this.#article(comment, depth));
    const siblings = isNested ? this.#answers(parent.li) : parent.li.parentElement;
    siblings.append(li);
    this.#items.set(comment.id, { comment, li, depth });
  }

  #answers(li) {
    const there = li.querySelector(":scope > ol");
    if (there) return there;
    const list = element("ol");
    (li.querySelector(":scope > form, :scope > .comment__write") ?? li.firstElementChild).after(list);
    return list;
  }

  #article(comment, depth) {
    return commentArticle(comment, this, this.#parentName(comment, depth));
  }

  /** The name to say when nesting does not show which comment is answered. */
  #parentName(comment, depth) {
    if (!comment.inReplyTo) return null;
    const parent = this.#items.get(comment.inReplyTo);
    if (!parent) return this.t("earlierComment");
    return parent.depth >= DEEPEST && depth === parent.depth ? nameOf(parent.comment, this) : null;
  }

  #addReplies(rootId, replies) {
    const before = this.#items.size;
    for (const reply of replies.items) this.#addReply(reply, rootId);
    if (!replies.next) return before;
    const { li } = this.#items.get(rootId);
    const more = element("p", { class: "thread__more" }, element("button", { class: "quiet", type: "button" }, this.t("moreReplies")));
    more.firstElementChild.addEventListener("click", () => this.#loadReplies(rootId, replies.next, more));
    li.append(more);
    return before;
  }

  async #loadReplies(rootId, after, more) {
    await this.#busy(more, async () => {
      const thread = await this.#read({ root: rootId, after });
      const known = new Set(this.#items.keys());
      more.remove();
      this.#addReplies(rootId, thread.items[0].replies);
      this.#welcome([...this.#items.keys()].filter((id) => !known.has(id)));
    });
  }

  async #loadMore() {
    await this.#busy(this.more, async () => this.#welcome(this.#append(await this.#read({ after: this.#next }))));
  }

  /** Comments that were loaded on request: say how many, and read on from the first. */
  #welcome(ids) {
    this.announce(this.t("loaded", { count: ids.length }));
    if (ids.length) focusOn(document.getElementById(anchor(ids[0])));
  }

  async #reload(query, focus) {
    await this.#busy(this.list, async () => {
      this.#fill(await this.#read(query), Boolean(query.around));
      this.#restoreReplies();
      if (focus === "first") focusOn(this.list.querySelector(".comment"));
      else this.announce(this.t("ordered"));
    });
  }

  /** One request at a time for a control; a failure is said, and what stood there stays. */
  async #busy(node, work) {
    if (node.getAttribute("aria-busy")) return;
    node.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.announce(this.t(problem.isDown ? "down" : problem.status === 404 ? "gone" : "notDone"));
    } finally {
      node.removeAttribute("aria-busy");
    }
  }

  #setCount(count, thread = null) {
    this.count = count;
    this.line.hidden = count > 0 || this.#items.size > 0;
    this.controls.hidden = count < 2;
    tell({ page: this.page, comments: count, ...(thread && { rating: thread.rating, views: thread.views }) });
  }

  #buildFoot() {
    if (!this.isOpen) this.foot.append(element("p", { class: "thread__line" }, this.t("closed")));
    else if (!this.isLoggedIn) this.foot.append(this.#gate());
    else if (!this.mayComment) this.foot.append(element("p", { class: "thread__line" }, this.t("mayNot")));
    else {
      this.foot.append(this.#actions.newCommentForm(this));
      this.#restoreReplies();
    }
  }

  #gate() {
    const link = element("a", { class: "nl-button nl-button--primary", href: this.logInHref() }, this.t("logIn"));
    return element("div", { class: "gate" }, element("p", {}, this.t("gate")), element("div", { class: "buttons" }, link));
  }

  #restoreReplies() {
    if (!this.mayComment) return;
    for (const { comment } of this.#items.values()) if (comment.state === "shown") this.#actions.restoreReply(this, comment);
  }

  #aim() {
    const [, around] = location.hash.match(/^#c-([\w-]{1,64})$/) ?? [];
    return around ? { around } : {};
  }

  /** The fragment of the address leads into the thread, which was not there when the browser looked for it. */
  #showAim() {
    const fragment = location.hash.slice(1);
    if (fragment.startsWith("c-")) {
      if (!this.#mark(fragment)) this.#sayGone();
    } else if (fragment && fragment === this.anchor) document.getElementById(fragment).scrollIntoView();
  }

  async #followHash() {
    const { around } = this.#aim();
    if (around && !this.#items.has(around)) await this.#reload({ around }, "none");
    if (around) this.#mark(anchor(around));
  }

  /** The comment that a link led to was deleted: said beside the thread, which starts at its beginning. */
  #sayGone() {
    this.list.before(element("p", { class: "thread__line thread__gone" }, this.t("gone")));
    this.announce(this.t("gone"));
    this.#host.scrollIntoView();
  }

  #mark(fragment) {
    for (const marked of this.list.querySelectorAll(".comment--target")) marked.classList.remove("comment--target");
    const comment = document.getElementById(fragment);
    if (!comment || !this.list.contains(comment)) return false;
    comment.classList.add("comment--target"); // :target does not match what came after the navigation
    focusOn(comment);
    comment.scrollIntoView();
    return true;
  }
}

const isGone = (problem) => problem instanceof Problem && (problem.status === 404 || problem.status === 400);
