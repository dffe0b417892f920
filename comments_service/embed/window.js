/** In the log-in window: hands the one-time code to the page that opened the window, or goes back to that page. */
const link = document.querySelector("a[data-plein-code]");
const waiting = document.querySelector("[data-plein-waiting]");

if (link) {
  const { pleinOrigin, pleinState: state, pleinCode: code } = link.dataset;
  if (window.opener && !window.opener.closed) {
    window.opener.postMessage({ type: "plein-log-in", state, code }, pleinOrigin);
    window.close();
  } else {
    location.replace(link.href);
  }
}

// The mail's link was pressed in another tab of this browser: this window can go on without the code.
if (waiting) {
  addEventListener("focus", async () => {
    const answer = await fetch(new URL("../api/v1/me", import.meta.url)).catch(() => null);
    if (answer?.ok) location.replace(waiting.dataset.pleinWaiting);
  });
}
