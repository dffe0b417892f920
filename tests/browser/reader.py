"""A person at a browser: what they look for and do, by the names and roles that they would see or hear."""

import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.place import Place

# What stands on the screen, as a person reads it: Dutch and English.
WORDS = {
    "nl": {
        "comments heading": "Reacties",
        "gate": "Alleen ingelogde gebruikers kunnen reageren.",
        "log in": "Inloggen",
        "your comment": "Uw reactie",
        "your name": "Uw naam",
        "place": "Plaats reactie",
        "place reply": "Plaats antwoord",
        "reply": "Beantwoorden",
        "edit": "Bewerken",
        "save": "Bewaar",
        "delete": "Verwijderen",
        "delete for sure": "Ja, verwijder",
        "placed": "Reactie geplaatst",
        "replied": "Antwoord geplaatst",
        "deleted": "Reactie verwijderd",
        "rate": "Beoordeel",
        "change rating": "Wijzig beoordeling",
        "withdraw": "Trek beoordeling in",
        "gave 4": "U gaf 4 van 5 sterren.",
        "one rating of 4": "4 van 5 sterren (1 beoordeling)",
        "one rating of 2": "2 van 5 sterren (1 beoordeling)",
        "no rating": "0 van 5 sterren (0 beoordelingen)",
        "short rating of 4": "4/5 sterren (1)",
        "two comments": "2 reacties",
        "other language": "English",
        "not sent": "Versturen is niet gelukt",
        "not done": "Dat is niet gelukt.",
        "logged out": "U bent niet meer ingelogd.",
        "log in again": "Log opnieuw in",
        "down": "De reacties zijn nu niet te bereiken.",
        "again": "Probeer opnieuw",
        "no longer": "niet meer",
        "closed": "De reacties op deze pagina zijn gesloten.",
        "closed by age": "De reacties zijn gesloten: deze pagina is te oud.",
        "closed by a moderator": "De reacties zijn gesloten door een moderator.",
        "report": "Melden",
        "send report": "Stuur de melding",
        "reported": "Dank u wel. Een moderator bekijkt deze reactie.",
        "more": "Toon meer reacties",
        "newest": "Nieuwste eerst",
        "gone": "Deze reactie is verwijderd.",
        "text missing": "Schrijf eerst een reactie.",
        "name missing": "Vul de naam in die bij uw reactie mag staan.",
        "other language label": "Engels",
        "saved": "Wijziging bewaard",
        "quote": "Citeren",
        "preview": "Voorbeeld",
        "helpful": "Nuttig",
        "language": "Taal van uw reactie",
        "one name": "1 naam gevonden",
        "too many": "1 teken te veel",
        "held": "wacht op een moderator",
        "was held": "Een moderator bekijkt haar eerst.",
        "log out": "Uitloggen",
        "edited": "bewerkt",
        "cancel": "Annuleer",
        "only a picture": "Een afbeelding tonen wij hier niet.",
    },
    "en": {
        "comments heading": "Comments",
        "gate": "Only logged-in users can comment.",
        "log in": "Log in",
        "your comment": "Your comment",
        "your name": "Your name",
        "place": "Post comment",
        "place reply": "Post reply",
        "reply": "Reply",
        "edit": "Edit",
        "save": "Save",
        "delete": "Delete",
        "delete for sure": "Yes, delete",
        "placed": "Comment posted",
        "replied": "Reply posted",
        "deleted": "Comment deleted",
        "rate": "Rate",
        "change rating": "Change rating",
        "withdraw": "Withdraw rating",
        "gave 4": "You gave 4 of 5 stars.",
        "one rating of 4": "4 of 5 stars (1 rating)",
        "one rating of 2": "2 of 5 stars (1 rating)",
        "no rating": "0 of 5 stars (0 ratings)",
        "short rating of 4": "4/5 stars (1)",
        "two comments": "2 comments",
        "other language": "Nederlands",
        "not sent": "Sending did not work.",
        "not done": "That did not work.",
        "logged out": "You are no longer logged in.",
        "log in again": "Log in again",
        "down": "The comments cannot be reached right now.",
        "again": "Try again",
        "no longer": "no longer there",
        "closed": "The comments on this page are closed.",
        "closed by age": "This page is too old for new comments.",
        "closed by a moderator": "A moderator closed the comments.",
        "report": "Report",
        "send report": "Send the report",
        "reported": "Thank you. A moderator will look at this comment.",
        "more": "Show more comments",
        "newest": "Newest first",
        "gone": "This comment was removed.",
        "text missing": "Write a comment first.",
        "name missing": "Fill in the name to show with your comment.",
        "other language label": "Dutch",
        "saved": "Change saved",
        "quote": "Quote",
        "preview": "Preview",
        "helpful": "Helpful",
        "language": "Language of your comment",
        "one name": "1 name found",
        "too many": "1 character too many",
        "held": "waits for a moderator",
        "was held": "A moderator looks at it first.",
        "log out": "Log out",
        "edited": "edited",
        "cancel": "Cancel",
        "only a picture": "A picture is not shown here.",
    },
}

OTHER = {"nl": "en", "en": "nl"}


@dataclass
class Reader:
    place: Place
    page: Page
    lang: str
    email: str = field(default_factory=lambda: f"{secrets.token_hex(4)}@example.org")

    def says(self, name: str) -> str:
        return WORDS[self.lang][name]

    # --- the page ---

    def open(self, key: str, fragment: str = "thread") -> None:
        self.page.goto(self.place.page_url(key, self.lang) + (f"#{fragment}" if fragment else ""))

    def open_whole(self, key: str) -> None:
        """Open a page and ask for more until every comment of its thread is there."""
        self.open(key)
        expect(self.page.locator(".thread article.comment").first).to_be_visible()
        while (more := self.thread.get_by_role("button", name=self.says("more"))).is_visible():
            before = self.page.locator("article.comment").count()
            more.click()
            expect(self.page.locator("article.comment")).not_to_have_count(before)

    def outlive_a_restart(self) -> None:
        """Leave the page, so that nothing is asked in vain, and come back to it when the service is there again."""
        url = self.page.url
        self.page.goto("about:blank")
        self.place.restart()
        self.page.goto(url)

    @property
    def thread(self) -> Locator:
        return self.page.locator("plein-thread")

    @property
    def rating(self) -> Locator:
        return self.page.locator("plein-rating")

    @property
    def status(self) -> Locator:
        """What the thread tells screen readers."""
        return self.thread.locator("> [role=status]")

    @property
    def writing(self) -> Locator:
        """The form under the thread."""
        return self.thread.locator(".thread__foot form")

    def comment(self, text: str) -> Locator:
        return self.page.get_by_role("article").filter(has=self.page.locator(".comment__text", has_text=text)).last

    # --- logging in ---

    def log_in(self) -> None:
        """From the log-in page to the page it leads back to, by the link in the mail."""
        earlier = len(list(self.place.mails(self.email)))
        self.page.locator("input[type=email]").fill(self.email)
        self.page.locator("main form button").first.click()
        expect(self.page.locator("[name=code]")).to_be_visible()  # the answer is here
        self.page.goto(self.place.log_in_link(self.email, after=earlier))
        self.page.locator("main form button").click()
        expect(self.page).not_to_have_url(re.compile("/log-in"))

    def be_logged_in(self, key: str, name: str | None = None) -> None:
        """Start a session and open the page; with `name` the account has its display name already.

        The session comes from the API, in the cookies of this browser: the pages of log-in have tests of their own.
        """
        api, asked = f"{self.place.url}/api/v1", self.page.context.request
        own_page = {"Sec-Fetch-Site": "same-origin"}
        wanted = {"email": self.email, "lang": self.lang}
        assert asked.post(f"{api}/log-in-links", data=wanted, headers=own_page).status == 202
        token = parse_qs(urlsplit(self.place.log_in_link(self.email)).query)["token"][0]
        link = f"{self.place.url}{'' if self.lang == 'nl' else f'/{self.lang}'}/log-in/link"
        assert asked.post(link, form={"token": token}, headers=own_page, max_redirects=0).status == 303
        if name is not None:
            assert asked.patch(f"{api}/me", data={"name": name}, headers=own_page).ok
        self.open(key)
        expect(self.writing).to_be_visible()

    # --- the API, from the page as the widget asks it ---

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        answer: dict[str, object] = self.page.evaluate(
            """async ([method, path, body, key]) => {
                const headers = {"Content-Type": "application/json", "Idempotency-Key": key};
                const sent = body === null ? undefined : JSON.stringify(body);
                const answer = await fetch("/api/v1/" + path, {method, headers, body: sent});
                return {status: answer.status, body: await answer.json().catch(() => null)};
            }""",
            [method, path, body, secrets.token_hex(16)],
        )
        return answer

    def say(self, key: str, text: str, *, in_reply_to: str | None = None, lang: str | None = None) -> str:
        """Store a comment without the form and return its id."""
        body = {"text": text, "lang": lang or self.lang} | ({"inReplyTo": in_reply_to} if in_reply_to else {})
        answer = self.ask("POST", f"threads/{key}/comments", body)
        assert answer["status"] == 201, answer
        stored = answer["body"]
        assert isinstance(stored, dict)
        return str(stored["id"])

    # --- writing ---

    def write(self, text: str, name: str | None = None) -> None:
        if name is not None:
            self.writing.get_by_label(self.says("your name"), exact=True).fill(name)
        self.writing.get_by_label(self.says("your comment"), exact=True).fill(text)
        self.writing.get_by_role("button", name=self.says("place")).click()

    def press(self, comment: Locator, action: str) -> None:
        comment.get_by_role("button", name=self.says(action), exact=True).click()


def has_focus(locator: Locator) -> None:
    """The element, or something in it, has the focus."""
    handle = locator.element_handle()
    locator.page.wait_for_function("node => node.contains(document.activeElement)", arg=handle)
