/** A form to write in: counts characters, keeps the draft, sends once, and says what is wrong beside the field. */
import { Problem, ask } from "./api.js";
import { languageName } from "./dates.js";
import { dropDraft, keepDraft, newIdempotencyKey, readDraft } from "./drafts.js";
import { element, sanitised, uniqueId } from "./dom.js";
import { explain } from "./faults.js";
import { LANGUAGES } from "./language.js";
import { mentions } from "./mention.js";

const LIMIT = 5000; // code points after NFC, the same number as in the service

const characters = (text) => [...text.normalize("NFC")].length;

export class WriteForm {
  #attempt = null; // {text, key}: the same text sent again is the same comment
  #sending = false;

  /**
   * `draft` names what is kept on the device; `label` and `button` are texts; a comment that `isNew` gets a language, and at first
   * the name of who writes; `beside` is an element after the button, `text` what is there to change. `send({text, name, key})` makes
   * the request, `done(answer)` follows it, `cancel()` closes the form.
   */
  constructor(view, { label, isNew, beside, ...options }) {
    const { button, cancel } = options;
    const { name, federates } = view.reader.account;
    const hint = view.t(name ? "writingAs" : "writingNameless", { name });
    this.view = view;
    this.t = view.t;
    this.options = { text: "", ...options };
    this.alert = element("div", { id: uniqueId("alert"), role: "alert" });
    this.name = isNew && !name ? this.#nameField() : null;
    this.counter = element("span", { class: "num", id: uniqueId("count") });
    this.text = this.#field("textarea", { class: "utrecht-textarea", dir: "auto", name: "text", rows: "7" }, label, hint, this.counter.id);
    this.text.input.after(mentions(this.text.input, view, () => this.#changed()));
    this.lang = isNew && this.#languageField();
    this.travel = isNew && view.federated && federates === null ? this.#travelField() : null;
    this.preview = element("section", { class: "write__preview", tabindex: "-1", "aria-label": this.t("preview"), hidden: true });
    this.text.field.append(element("div", { class: "write__line" }, element("span", {}, this.t("public")), this.counter));
    this.button = element("button", { class: "nl-button nl-button--primary" }, button);
    this.form = element(
      "form",
      { class: "write form", "aria-label": label, novalidate: true, onsubmit: (event) => this.#submit(event), oninput: () => this.#changed() },
      this.alert,
      this.name?.field,
      this.text.field,
      this.lang?.field,
      this.travel?.field,
      this.preview,
      element("div", { class: "buttons" }, this.button, this.#previewButton(), cancel && this.#cancelButton(), beside),
    );
    if (cancel) this.form.addEventListener("keydown", (event) => event.key === "Escape" && this.#cancel());
    this.#restore(this.options.text);
    addEventListener("pagehide", () => this.isChanged && this.form.isConnected && this.#keep()); // another tab may have dropped it
  }

  focus() {
    this.text.input.focus();
  }

  /** Put text where the cursor is. */
  insert(text) {
    const { input } = this.text;
    input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
    this.#changed();
  }

  #languageField() {
    const id = uniqueId("lang");
    const names = LANGUAGES.map((code) => element("option", { value: code, selected: code === this.view.lang }, languageName(code, this.view.lang)));
    const input = element("select", { class: "utrecht-select narrow", id }, ...names);
    const field = element("div", { class: "utrecht-form-field" }, element("label", { class: "utrecht-form-label", for: id }, this.t("writtenIn")), input);
    return { field, input };
  }

  /** Asked once, at the first comment: may what this account writes go to other servers, and under which handle? */
  #travelField() {
    const attributes = { class: "utrecht-textbox narrow", name: "handle", autocapitalize: "none", spellcheck: "false" };
    const handle = this.#field("input", attributes, this.t("handle"), this.t("handleHint"));
    const onchange = () => {
      handle.field.hidden = !agrees.checked;
      const name = this.name?.input.value ?? this.view.reader.account.name;
      handle.input.value ||= name.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "").replace(/\W+/g, "_").slice(0, 30).replace(/^_|_$/g, "");
    };
    const hintId = uniqueId("travel");
    const agrees = element("input", { type: "checkbox", "aria-describedby": hintId, onchange });
    handle.field.hidden = true;
    const field = element(
      "fieldset",
      { class: "travel" },
      element("legend", { class: "utrecht-form-label" }, this.t("travel")),
      element("p", { class: "utrecht-form-field-description", id: hintId }, this.t("travelHint")),
      element("label", { class: "check" }, agrees, this.t("travelYes")),
      handle.field,
    );
    return { field, agrees, handle };
  }

  #previewButton() {
    return element("button", { class: "nl-button", type: "button", onclick: () => this.#showPreview() }, this.t("preview"));
  }

  /** What the service's own renderer makes of the text. */
  async #showPreview() {
    const faults = this.#textFaults();
    this.#showFaults(faults);
    if (faults.length) return;
    try {
      const body = { text: this.text.input.value, page: this.view.page };
      const { html } = await ask("POST", "previews", { body, lang: this.view.lang });
      const lang = this.lang?.input.value;
      this.preview.replaceChildren(
        element("p", { class: "meta" }, this.t("preview")),
        element("div", { class: "comment__text", dir: "auto", lang }, sanitised(html)),
      );
      this.preview.hidden = false;
      this.preview.focus();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#failed(problem, "notDone");
    }
  }

  #cancelButton() {
    return element("button", { class: "quiet", type: "button", onclick: () => this.#cancel() }, this.t("cancel"));
  }

  /** The text is kept: it comes back when the reader opens the form again. */
  #cancel() {
    const kept = readDraft(this.options.draft);
    if (kept) keepDraft(this.options.draft, { ...kept, isClosed: true });
    this.options.cancel();
  }

  #nameField() {
    const attributes = { class: "utrecht-textbox narrow", name: "name", type: "text", autocomplete: "nickname", maxlength: "100" };
    return this.#field("input", attributes, this.t("yourName"), this.t("nameHint"));
  }

  #field(tag, attributes, label, hint, others = "") {
    const id = uniqueId("field");
    const description = element("p", { class: "utrecht-form-field-description", id: `${id}-hint` }, hint);
    const fault = element("p", { class: "utrecht-form-field-error-message", id: `${id}-fault`, hidden: true });
    const input = element(tag, {
      ...attributes,
      id,
      "aria-required": "true",
      "aria-describedby": `${description.id} ${fault.id} ${this.alert.id} ${others}`,
    });
    const field = element(
      "div",
      { class: "utrecht-form-field" },
      element("label", { class: "utrecht-form-label", for: id }, label),
      description,
      fault,
      input,
    );
    return { field, input, fault };
  }

  #restore(text) {
    const kept = readDraft(this.options.draft);
    this.wasRestored = Boolean(kept?.text) && kept.text !== text;
    this.text.input.value = kept?.text || text;
    if (this.name && kept?.name) this.name.input.value = kept.name;
    if (this.lang && kept?.lang) this.lang.input.value = kept.lang;
    this.#attempt = kept?.attempt ?? null;
    this.#count();
  }

  #changed() {
    this.preview.hidden = true; // it no longer shows what would be sent
    this.#count();
    this.#keep();
    this.isChanged = true;
  }

  #keep() {
    const text = this.text.input.value;
    if (!text && !this.name?.input.value) dropDraft(this.options.draft);
    else keepDraft(this.options.draft, { text, name: this.name?.input.value, lang: this.lang?.input.value, attempt: this.#attempt });
  }

  #count() {
    const left = LIMIT - characters(this.text.input.value);
    const isOver = left < 0;
    this.counter.textContent = isOver ? this.t("charactersOver", { count: -left }) : this.t("charactersLeft", { count: left, limit: LIMIT });
    if (isOver && !this.counter.classList.contains("write__over")) this.view.announce(this.counter.textContent);
    this.counter.classList.toggle("write__over", isOver);
  }

  /** What can be told before sending: [[field, message]]. */
  #faults() {
    const faults = this.#textFaults();
    if (this.name?.input.value.trim() === "") faults.unshift([this.name, this.t("nameMissing")]);
    return faults;
  }

  #textFaults() {
    const faults = [];
    const over = characters(this.text.input.value) - LIMIT;
    if (!this.text.input.value.trim()) faults.push([this.text, this.t("textMissing")]);
    else if (over > 0) faults.push([this.text, this.t("charactersOver", { count: over })]);
    return faults;
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#sending) return; // a double click is one comment
    const faults = this.#faults();
    this.#showFaults(faults);
    if (faults.length) return;
    this.#setSending(true);
    try {
      const answer = await this.options.send(this.#parcel());
      dropDraft(this.options.draft);
      this.#attempt = null;
      this.text.input.value = this.options.text;
      this.#count();
      this.options.done(answer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#failed(problem);
    } finally {
      this.#setSending(false);
    }
  }

  #parcel() {
    const text = this.text.input.value.normalize("NFC");
    const name = this.name?.input.value.trim();
    // the name is no part of it: after a reload it is not asked again, and the comment is still the same one
    const lang = this.lang?.input.value;
    if (this.#attempt?.text !== text || this.#attempt.lang !== lang) this.#attempt = { text, lang, key: newIdempotencyKey() };
    this.#keep(); // the key too: the answer may get lost, and the reader may come back tomorrow
    const travel = this.travel && { federation: this.travel.agrees.checked ? "on" : "off", handle: this.travel.handle.input.value };
    return { text, name, lang, travel, key: this.#attempt.key };
  }

  #setSending(isSending) {
    this.#sending = isSending;
    // not `disabled`: that would drop the focus
    this.button.ariaDisabled = isSending;
    this.text.input.readOnly = isSending; // what was typed meanwhile would be lost
    this.button.textContent = isSending ? this.t("sending") : this.options.button;
  }

  #failed(problem, text = "notSent") {
    // this key stands for another request, or for a comment that is gone: the next try is a new one
    if (problem.status === 422 || problem.status === 404) this.#attempt = null;
    const fields = { text: this.text, name: this.name, handle: this.travel?.handle };
    const faults = problem.errors.filter(({ field }) => fields[field]).map(({ field, message }) => [fields[field], message]);
    if (faults.length) this.#showFaults(faults);
    else {
      this.alert.className = "utrecht-alert utrecht-alert--error";
      this.alert.replaceChildren(element("p", {}, ...explain(this.view, problem, this.options.fragment, "loggedOut", text)));
    }
  }

  #showFaults(faults) {
    this.alert.className = "";
    this.alert.replaceChildren();
    for (const part of [this.name, this.text, this.travel?.handle]) {
      if (!part) continue;
      const message = faults.find(([field]) => field === part)?.[1];
      part.field.classList.toggle("utrecht-form-field--invalid", Boolean(message));
      part.input.ariaInvalid = message ? "true" : null;
      part.fault.hidden = !message;
      part.fault.replaceChildren(...(message ? [element("span", { class: "vh" }, `${this.t("error")} `), message] : []));
    }
    if (!faults.length) return;
    const links = faults.map(([part, message]) => element("li", {}, this.#linkTo(part, message)));
    this.alert.className = "utrecht-alert utrecht-alert--error";
    this.alert.replaceChildren(element("p", {}, element("b", {}, this.t("faults"))), element("ul", { class: "plain" }, ...links));
    faults[0][0].input.focus();
  }

  #linkTo(part, message) {
    const jump = (event) => {
      event.preventDefault(); // the fragment of the address belongs to the thread
      part.input.focus();
    };
    return element("a", { href: `#${part.input.id}`, onclick: jump }, message);
  }
}
