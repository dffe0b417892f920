/** Brings in plein.css as a constructed sheet, which passes a Content-Security-Policy without 'unsafe-inline'. */

let adopted = null;

/** Resolves when the styles are in place. A page that links plein.css itself (the service's own pages) needs no second copy. */
export function adoptStyles() {
  adopted ??= adopt();
  return adopted;
}

async function adopt() {
  const address = new URL("plein.css", import.meta.url);
  if ([...document.styleSheets].some((sheet) => sheet.href === address.href)) return;
  try {
    const answer = await fetch(address, { credentials: "omit" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(await answer.text());
    document.adoptedStyleSheets.push(sheet);
  } catch {
    // without its styles the thread is plain, and still works
  }
}
