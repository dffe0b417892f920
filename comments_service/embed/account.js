/** The log-in link of the masthead: who is logged in finds their account there instead. It is on every page, so it imports nothing. */
if (/(^|; )plein-logged-in=/.test(document.cookie)) {
  for (const link of document.querySelectorAll("a[data-account]")) {
    link.href = link.dataset.account;
    link.textContent = link.dataset.accountName;
  }
}
