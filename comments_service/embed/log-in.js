/**
 * Log-in on a page of another origin: a window of the service, a one-time code, a token for this tab (PKCE, RFC 7636).
 * Only such pages load it, so it imports nothing and is given what it needs.
 */
export default ({ Problem, ask, base, keepToken, element }) => {
  const ASKED = `plein:log-in:${base}`;

  const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ "+": "-", "/": "_", "=": "" })[sign]);
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

  let pressed = null; // the link that began it

  document.addEventListener("click", (event) => {
    const link = event.target.closest("plein-thread a, plein-rating a");
    const [, fragment] = link?.href.match(/\/log-in#(.+)/) ?? [];
    if (!fragment) return;
    event.preventDefault();
    const opened = open("", "plein-log-in", "popup,width=520,height=760"); // at once: later it would be blocked
    logIn(opened, link, fragment).catch(() => (opened ?? window).location.assign(link.href)); // a page without https: then the service's own page
  });

  /** Send `opened`, or this page where windows are blocked, to the log-in window. It leads back to `fragment`. */
  async function logIn(opened, link, fragment) {
    pressed = link;
    const url = new URL(link.href.replace("#", "/window#"));
    const [state, verifier] = [random(), random()];
    sessionStorage.setItem(ASKED, JSON.stringify({ state, verifier, fragment }));
    try {
      opened.sessionStorage.setItem(ASKED, sessionStorage.getItem(ASKED)); // where the opener is cut off (COOP), that window goes on
    } catch {
      // there is no window, or it shows a page of the service already
    }
    const challenge = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
    url.hash = "";
    url.search = new URLSearchParams({ origin: location.origin, state, challenge, returnTo: location.href.split("#")[0] });
    (opened ?? window).location.assign(url);
    opened?.focus();
  }

  addEventListener("message", async ({ origin, data }) => {
    if (origin !== base.origin || data?.type !== "plein-log-in") return;
    const { fragment, fault } = await exchange(data.state, data.code);
    if (fault) {
      pressed.parentElement.querySelector("[role=alert]")?.remove();
      pressed.after(element("p", { class: "utrecht-form-field-error-message", role: "alert" }, fault));
      pressed.focus();
    } else if (fragment) {
      location.replace(`#${fragment}`);
      location.reload(); // the stars, the counts and the thread all become this reader's
    }
  });

  /** The code came in the address: take it out of there, and return what went wrong, if anything did. */
  async function arrive() {
    const values = new URLSearchParams(location.hash.slice(1));
    const { fragment, fault } = await exchange(values.get("state"), values.get("plein-log-in"));
    location.replace(`#${fragment ?? ""}`);
    return fault;
  }

  /** Each state is good for one answer; a stranger's changes nothing. */
  async function exchange(state, code) {
    const asked = JSON.parse(sessionStorage.getItem(ASKED));
    if (asked?.state !== state) return {};
    sessionStorage.removeItem(ASKED);
    const { fragment, verifier } = asked;
    try {
      const { token } = await ask("POST", "tokens", { body: { code, verifier }, lang: document.documentElement.lang, isPublic: true });
      keepToken(token);
      return { fragment };
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return { fragment, fault: problem.detail || problem.message };
    }
  }

  return location.hash.startsWith("#plein-log-in=") ? arrive() : null;
};
