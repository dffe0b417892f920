/** The log-in link of the masthead: who is logged in finds their account there instead. */
import { mayBeLoggedIn } from "./session.js";

if (mayBeLoggedIn()) {
  for (const link of document.querySelectorAll("a[data-account]")) {
    link.href = link.dataset.account;
    link.textContent = link.dataset.accountName;
  }
}
