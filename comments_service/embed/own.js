/** The thread of who is logged in: the buttons, the form, and the place of what was written just now. */
import { accountLink, act, newCommentForm, restore } from "./actions.js";
import { isElsewhere } from "./api.js";
import { buttons } from "./buttons.js";
import { anchor } from "./comment.js";
import { element, focusOn } from "./dom.js";
import { ThreadView } from "./reading.js";
import { rememberVersion } from "./session.js";

export class OwnThread extends ThreadView {
  get mayComment() {
    return !this.closedBy && this.reader.rights.comment;
  }

  isOwn(comment) {
    return comment.state === "held" || this.reader.own.includes(comment.id);
  }

  /** Run "reply", "quote", "edit", "delete" or "vote" on a comment. */
  act(name, comment) {
    return act(name, this, comment);
  }

  buttons(comment, nameId) {
    return buttons(this, comment, nameId);
  }

  buildFoot() {
    const held = element("ol", { class: "thread" });
    this.foot.append(held);
    for (const comment of this.reader.held) this.addRoot(comment, false, held);
    this.restoreDrafts();
    if (!this.mayComment) {
      // who may rate is welcome: then it is the thread that was closed a moment ago
      if (!this.closedBy) this.sayInFoot(this.reader.rights.rate ? "front-matter" : "mayNot");
      else super.buildFoot();
      if (isElsewhere) this.foot.append(accountLink(this));
      return;
    }
    this.foot.append(newCommentForm(this));
  }

  restoreDrafts() {
    for (const { comment } of this.items.values()) restore(this, comment);
  }

  /** A comment the reader just wrote takes its place, and the focus. One that was sent twice may stand there already. */
  add(comment, version) {
    this.#wrote(version);
    if (!this.items.has(comment.id)) {
      this.reader.own.push(comment.id);
      if (comment.state === "held") this.addRoot(comment, false, this.foot.firstElementChild);
      else {
        if (!comment.inReplyTo) this.addRoot(comment, this.chosen.order === "newest");
        else this.addReply(comment);
        this.setCount(this.count + 1);
      }
    }
    this.lead(document.getElementById(anchor(comment.id)));
  }

  replace(comment) {
    this.#outdated();
    const item = this.items.get(comment.id);
    if (!item) return; // the thread was read anew meanwhile
    item.comment = comment;
    item.li.firstElementChild.replaceWith(this.article(comment, item.depth));
  }

  /** A comment was deleted: with answers a line stays in its place. Returns what should have the focus now. */
  remove(id) {
    this.#outdated();
    const { comment, li } = this.items.get(id);
    if (comment.state === "shown") this.setCount(this.count - 1);
    if (li.querySelector(":scope > ol > li")) {
      this.replace({ ...comment, state: "removed", html: "", author: null });
      return li.firstElementChild;
    }
    const neighbour = (li.previousElementSibling ?? li.parentElement.closest("li") ?? li.nextElementSibling)?.firstElementChild;
    const siblings = li.parentElement;
    li.remove();
    this.items.delete(id);
    if (siblings.closest("li") && !siblings.children.length) {
      siblings.previousElementSibling.remove(); // the button that folds it
      siblings.remove();
    }
    this.setCount(this.count);
    return neighbour ?? this.line;
  }

  #wrote(version) {
    this.version = Math.max(this.version, version);
    rememberVersion(this.page, this.version);
  }

  /** After a write of which the answer names no version: the next reading asks past every cache. */
  #outdated() {
    this.#wrote(this.version + 1);
  }
}
