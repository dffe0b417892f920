/** The loaded thread: its list, order, paging and permalinks. Writing is loaded only for who is logged in: own.js. */
import { Problem, ask, logInUrl, servicePage } from "./api.js";
import { readChoices, controls } from "./choices.js";
import { anchor, commentArticle, nameOf, reactions } from "./comment.js";
import { tell } from "./counts.js";
import { keepTimes } from "./dates.js";
import { element, focusOn } from "./dom.js";
import { loadWords } from "./language.js";
import { follow } from "./live.js";
import { arrival, leastVersion, mine } from "./session.js";

const DEEPEST = 4; // levels that are shown nested; a deeper answer names the one it answers

export class ThreadView {
  #host;
  items = new Map(); // comment id -> {comment, li, depth}
  #next = null;
  #end = null; // sees the end of what is loaded come near
  #heard = {}; // {version, comments}, as the stream said last
  #pause = null; // what this reader writes comes back by the stream too, and is no news
  #fresh = 0; // comments of others that are not on the screen yet

  /** Load the thread into its element. Throws Problem when the service cannot give it; the element is then as it was. */
  static async open(host, t) {
    const reader = await mine(host.page, host.language);
    const Own = reader && (await loadOwn(host.language).catch(() => null)); // a new version of the service has other scripts
    const view = new (Own ?? ThreadView)(host, t);
    view.reader = Own && reader;
    view.version = leastVersion(view.page, view.reader);
    view.chosen = readChoices(host.dataset.order);
    const { thread, isAimed } = await view.#readAimed();
    view.closedBy = thread.closedBy;
    view.languages = thread.languages;
    view.federated = thread.federated;
    // a page that came with comments: the browser has found the one that is aimed at, and the reader may have moved on
    const wasThere = host.querySelector(".comment") && document.getElementById(location.hash.slice(1));
    keepPlace(host, () => {
      view.#build();
      view.#fill(thread, isAimed);
      view.buildFoot();
    });
    // not before the page is painted with it: then the browser scrolls, and nothing counts as having jumped
    if (!wasThere) requestAnimationFrame(() => setTimeout(() => view.#showAim()));
    else if (isAimed) document.getElementById(wasThere.id)?.classList.add("comment--target");
    follow(view.page, host, (news) => view.#hear(news));
    keepTimes(host, view.lang);
    addEventListener("hashchange", () => view.#followHash());
    return view;
  }

  constructor(host, t) {
    this.#host = host;
    this.t = t;
    this.page = host.page;
    this.lang = host.language;
  }

  get anchor() {
    return this.#host.anchor;
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
    return this.items.get(id)?.li;
  }

  #build() {
    this.status = element("p", { class: "vh", role: "status" });
    this.reactions = element("p", { class: "meta comment__when" });
    this.fault = element("p", { class: "utrecht-form-field-error-message", role: "alert" });
    this.line = element("p", { class: "thread__line" });
    this.list = element("ol", { class: "thread" });
    this.controls = controls(this, this.chosen, (name) => (name === "auto" ? this.#lookForEnd() : this.#reload({})));
    this.whole = this.#button("whole", () => this.#reload({}, true));
    this.more = this.#button("more", () => this.#loadMore());
    this.news = this.#button("fresh", () => this.#showFresh());
    this.news.className = "thread__news"; // lies over the end of the list, so that nothing moves when it comes
    this.later = element("ol", { class: "thread" }); // new ones, below a part that was not read yet
    this.foot = element("div", { class: "thread__foot" });
    this.#host.replaceChildren(
      this.status,
      this.reactions,
      this.controls,
      this.whole,
      this.line,
      this.list,
      this.more,
      this.later,
      this.news,
      this.foot,
    );
    this.#end = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && this.chosen.auto && this.#loadMore(true), {
      rootMargin: "400px",
    });
    this.#lookForEnd();
  }

  #button(name, onclick, look = "nl-button") {
    return element("p", { class: "thread__more", hidden: look !== "quiet" }, element("button", { class: look, type: "button", onclick }, this.t(name)));
  }

  /** Everyone's answer; with `version` no cache can give less than what this reader wrote. */
  #read(extra) {
    const { order, limit, lang } = this.chosen;
    const query = { order, limit, ...(lang && !extra.around && { lang }), ...extra };
    if (this.version) query.version = this.version;
    return ask("GET", `threads/${this.page}`, { query, lang: this.lang, isPublic: true });
  }

  /** The part of the thread that the address leads to; from the start when that comment is gone. */
  async #readAimed() {
    const around = this.#aim();
    if (around) {
      try {
        return { thread: await this.#read({ around }), isAimed: true };
      } catch (problem) {
        if (problem.status !== 404) throw problem;
      }
    }
    return { thread: await this.#read({}) };
  }

  #fill(thread, isPart = false) {
    this.items.clear();
    this.list.replaceChildren();
    this.later.replaceChildren();
    this.#append(thread);
    this.whole.hidden = !isPart || this.items.size >= thread.commentCount;
    this.setCount(thread.commentCount, thread);
  }

  /** Add a page of the thread; returns how many comments stood there before. */
  #append(thread) {
    const known = this.items.size;
    for (const { replies, ...root } of thread.items) {
      const there = this.items.get(root.id)?.li;
      if (there?.parentElement === this.later) this.list.append(there);
      if (there) continue;
      this.addRoot(root);
      this.#addReplies(root.id, replies);
    }
    this.#next = thread.next;
    this.more.hidden = !thread.next;
    return known;
  }

  addRoot(comment, first = false, list = this.list) {
    const li = element("li", {}, this.article(comment, 1));
    if (first) this.list.prepend(li);
    else list.append(li);
    this.items.set(comment.id, { comment, li, depth: 1 });
  }

  /** A reply stands under the one it answers; when that one is not on the screen, under the root of both. */
  addReply(comment, rootId) {
    const parent = this.items.get(comment.inReplyTo) ?? this.items.get(rootId);
    const there = this.item(comment.id);
    there?.parentElement.append(there); // one's own, before those in between were loaded
    if (!parent || there) return;
    const isNested = parent.depth < DEEPEST;
    const depth = isNested ? parent.depth + 1 : parent.depth;
    const li = element("li", {}, this.article(comment, depth));
    const siblings = isNested ? this.#answers(parent.li) : parent.li.parentElement;
    siblings.append(li);
    this.items.set(comment.id, { comment, li, depth });
  }

  /** The answers under a comment, with the button that folds them. */
  #answers(li) {
    const there = li.querySelector(":scope > ol");
    if (there) return there;
    const list = element("ol");
    const fold = element("button", { class: "quiet thread__fold", type: "button", onclick: () => unfold(list.hidden) });
    const unfold = (isOpen) => {
      list.hidden = !isOpen;
      fold.ariaExpanded = isOpen;
      fold.textContent = isOpen ? this.t("fold") : this.t("unfold", { count: list.querySelectorAll(".comment").length });
    };
    unfold(true);
    li.addEventListener("plein-aim", () => unfold(true));
    (li.querySelector(":scope > .comment__write") ?? li.firstElementChild).after(fold, list);
    return list;
  }

  /** With the name of whom it answers when nesting does not show that. */
  article(comment, depth) {
    const parent = this.items.get(comment.inReplyTo);
    const name = parent ? depth === parent.depth && nameOf(parent.comment, this) : comment.inReplyTo && this.t("earlier");
    return commentArticle(comment, this, name);
  }

  #addReplies(rootId, replies) {
    for (const reply of replies.items) this.addReply(reply, rootId);
    if (!replies.next) return;
    const { li } = this.items.get(rootId);
    const more = this.#button("moreReplies", () => this.#loadReplies(rootId, replies.next, more), "quiet");
    li.append(more);
  }

  async #loadReplies(rootId, after, more) {
    await this.#busy(more, async () => {
      const thread = await this.#read({ root: rootId, after });
      if (!more.isConnected) return; // the thread was read anew
      const known = this.items.size;
      more.remove();
      this.#addReplies(rootId, thread.items[0].replies);
      this.#welcome(known);
    });
  }

  /** Look again: an end that stays in sight is no news to an observer. */
  #lookForEnd() {
    this.#end.disconnect();
    this.#end.observe(this.more);
  }

  async #loadMore(isByItself = false) {
    if (!this.#next) return;
    await this.#busy(this.more, async () => {
      const next = this.#next;
      const thread = await this.#read({ after: next });
      if (next === this.#next) this.#welcome(this.#append(thread), isByItself); // else the reader chose another order
      this.#lookForEnd();
    });
  }

  /** Others changed something. What stands on the screen stays; new comments wait behind a button. */
  #hear(heard) {
    this.#heard = heard;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#tellFresh(), 1000);
  }

  #tellFresh() {
    const count = Math.max(0, this.#heard.version > this.version && this.#heard.comments - this.count);
    const text = this.t("fresh", { count });
    if (count > this.#fresh) this.announce(text);
    this.#fresh = count;
    this.news.hidden = !count;
    this.news.firstElementChild.textContent = text;
  }

  async #showFresh() {
    await this.#busy(this.news, async () => {
      this.version = Math.max(this.version, this.#heard.version);
      const thread = await this.#read({ order: "newest", limit: 50 });
      const known = this.items.size;
      const isFresh = ({ id }) => id > this.newest && !this.items.has(id); // ids sort by time; what is older comes with "more"
      for (const { replies, ...root } of thread.items.reverse()) {
        const answers = replies.items.filter(isFresh);
        if (isFresh(root) || (answers.length && !this.items.has(root.id)))
          this.addRoot(root, this.chosen.order === "newest", this.#next ? this.later : this.list);
        for (const answer of answers) this.addReply(answer, root.id);
      }
      if (this.items.size > known) {
        this.setCount(thread.commentCount, thread);
        this.#welcome(known);
        return;
      }
      const far = thread.newest > this.newest && { around: thread.newest }; // an answer far from here, or in another language
      await this.#reload(far, !far);
      if (far) this.#mark(thread.newest);
    });
  }

  /** Comments were loaded after the first `known`: say how many, and read on from the first of those that were asked for. */
  #welcome(known, isByItself = false) {
    const ids = [...this.items.keys()].slice(known);
    this.announce(this.t("loaded", { count: ids.length }));
    if (ids.length && !isByItself) this.lead(document.getElementById(anchor(ids[0])));
  }

  /** Put the focus on a comment; every branch that it stands in hears of that, and unfolds. */
  lead(comment) {
    comment?.dispatchEvent(new Event("plein-aim", { bubbles: true }));
    focusOn(comment);
  }

  async #reload(query, isFromStart = false) {
    await this.fetch; // of another choice
    await (this.fetch = this.#busy(this.list, async () => {
      this.#fill(await this.#read(query), query.around);
      this.restoreDrafts();
      if (isFromStart) focusOn(this.list.querySelector(".comment"));
      else if (!query.around) this.announce(this.t("ordered"));
    }));
  }

  /** One request at a time for a control; a failure is said above it, and what stood there stays. */
  async #busy(node, work) {
    if (node.ariaBusy) return;
    node.ariaBusy = true;
    this.fault.textContent = "";
    try {
      await work();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#say(node, problem.status === 404 ? "gone" : "notDone");
    } finally {
      node.ariaBusy = null;
    }
  }

  /** Say above a control, or above the list, what is wrong. */
  #say(node, name) {
    node.before(this.fault);
    this.fault.textContent = this.t(name);
  }

  setCount(count, thread = null) {
    this.count = count;
    this.line.hidden = this.items.size > 0;
    this.line.textContent = this.t(count ? "noneInLang" : "none");
    this.controls.hidden = count < 2;
    if (thread) {
      this.newest = thread.newest ?? "";
      this.reactions.replaceChildren(...reactions(thread, this));
    }
    this.#tellFresh();
    tell({ page: this.page, comments: count, ...(thread && { rating: thread.rating, views: thread.views }) });
  }

  /** What stands under the list. */
  buildFoot() {
    if (this.closedBy) this.sayInFoot(this.closedBy);
    else this.foot.append(this.#gate());
  }

  sayInFoot(name) {
    this.foot.append(element("p", { class: "thread__line" }, this.t(name)));
  }

  /** After the list was filled anew. */
  restoreDrafts() {}

  #gate() {
    const link = element("a", { class: "nl-button nl-button--primary", href: this.logInHref() }, this.t("logIn"));
    const elsewhere = this.federated && element("a", { class: "nl-button", href: servicePage(this.lang, `answer?page=${this.page}`) }, this.t("away"));
    const gate = element("div", { class: "gate" }, element("p", {}, this.t("gate")), element("div", { class: "buttons" }, link, elsewhere));
    arrival && arrival.then((fault) => fault && gate.append(element("p", { class: "utrecht-form-field-error-message", role: "alert" }, fault)));
    return gate;
  }

  /** The id of the comment that the address leads to. */
  #aim() {
    return location.hash.match(/^#c-([\w-]{1,64})$/)?.[1];
  }

  /** The address leads to a comment, which was not there when the browser looked for it. */
  #showAim() {
    if (!location.hash.startsWith("#c-") || this.#mark(this.#aim())) return;
    this.#say(this.list, "gone"); // the thread starts at its beginning
    this.#host.scrollIntoView();
  }

  async #followHash() {
    const around = this.#aim();
    if (!around) return;
    if (!this.items.has(around)) await this.#reload({ around });
    this.#mark(around);
  }

  #mark(id) {
    const comment = document.getElementById(anchor(id));
    if (!this.#host.contains(comment)) return false;
    this.#host.querySelector(".comment--target")?.classList.remove("comment--target");
    comment.classList.add("comment--target"); // :target does not match what came after the navigation
    this.lead(comment);
    comment.scrollIntoView();
    return true;
  }
}

/** The thread of who is logged in. Loaded before its buttons are there, so that a press acts at once. */
async function loadOwn(lang) {
  const [{ OwnThread }] = await Promise.all([import("./own.js"), loadWords(lang, "-writing")]);
  return OwnThread;
}

/** Build the thread where a baked one may stand: what the reader looks at stays where it is. */
function keepPlace(host, build) {
  const seen = [...host.querySelectorAll(".comment")].find((comment) => comment.getBoundingClientRect().bottom > innerHeight / 2);
  const top = seen?.getBoundingClientRect().top;
  build();
  const again = seen && top < innerHeight && document.getElementById(seen.id);
  if (again) scrollBy({ top: again.getBoundingClientRect().top - top, behavior: "instant" });
}
