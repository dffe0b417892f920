/** Beside a handle: a button that copies it. In the form for the reader's own handle: keeps that on the device, when asked. It imports nothing. */
const PLACE = "plein:you";

for (const handle of navigator.clipboard ? document.querySelectorAll("[data-plein-copy]") : []) {
  const button = document.createElement("button");
  const { pleinCopy: copy, pleinCopied: copied } = handle.dataset;
  Object.assign(button, { className: "quiet", type: "button", textContent: copy });
  const said = document.createElement("span");
  said.role = "status";
  said.className = "vh";
  button.onclick = async () => {
    await navigator.clipboard.writeText(handle.textContent);
    button.textContent = said.textContent = copied;
    setTimeout(() => {
      button.textContent = copy;
      said.textContent = "";
    }, 3000);
  };
  handle.after(" ", button, said);
}

const form = document.querySelector("form[data-plein-you]");
if (form) {
  const { you } = form.elements;
  const keep = form.querySelector("[type=checkbox]");
  try {
    const kept = localStorage.getItem(PLACE);
    you.value ||= kept ?? "";
    keep.checked = Boolean(kept);
    keep.parentElement.hidden = false;
    form.onsubmit = () => (keep.checked ? localStorage.setItem(PLACE, you.value) : localStorage.removeItem(PLACE));
  } catch {
    // nothing can be kept here
  }
}
