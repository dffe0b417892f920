// Added to every page while `make serve` runs: reloads it after a build, and shows what a failed build said.

const own = new URL(import.meta.url);
const shown = own.searchParams.get("page");
const texts = {
  nl: { failed: "De site kon niet worden gebouwd. U ziet de laatste goede versie.", close: "Sluiten" },
  en: { failed: "The site could not be built. You see the last good version.", close: "Close" },
};
const text = texts[document.documentElement.lang] ?? texts.en;

let panel = null;

function hide() {
  panel?.remove();
  panel = null;
}

function show(title, log) {
  hide();
  panel = document.createElement("aside");
  panel.id = "plein-build";
  panel.setAttribute("role", "alert");
  // Set one by one: the page's content security policy forbids style attributes, not this.
  Object.assign(panel.style, {
    position: "fixed",
    insetInline: "0",
    insetBlockEnd: "0",
    maxBlockSize: "60vh",
    overflow: "auto",
    padding: "1rem",
    background: "#2b0d0d",
    color: "#fff",
    zIndex: "9999",
    font: "14px/1.5 monospace",
  });
  const heading = document.createElement("p");
  heading.textContent = title;
  const lines = document.createElement("pre");
  lines.textContent = log;
  Object.assign(lines.style, { whiteSpace: "pre-wrap", background: "none", color: "inherit", margin: "0" });
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = text.close;
  close.addEventListener("click", hide);
  panel.append(heading, lines, close);
  document.body.append(panel);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function follow() {
  let seen = "";
  for (;;) {
    try {
      const answer = await fetch(new URL(`status?seen=${encodeURIComponent(seen)}`, own), { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const status = await answer.json();
      if (status.page !== shown) {
        location.reload();
        return;
      }
      if (status.seen !== seen) {
        if (status.state === "failed") show(text.failed, status.log);
        else hide();
      }
      seen = status.seen;
    } catch {
      await pause(1000); // the server restarts, or is gone
    }
  }
}

follow();
