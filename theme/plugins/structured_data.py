"""What a page is, in the words of schema.org, as JSON-LD in its head (JSON-LD 1.1, section 7)."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from markupsafe import Markup

from theme.plugins.output import OutputPage
from theme.plugins.views import BlogView, GroupView, ImageView, PersonView

if TYPE_CHECKING:
    from theme.plugins.comments import ThreadView
    from theme.plugins.site import Site

Thing = dict[str, object]


def of(site: "Site", page: OutputPage, *, image: ImageView | None, talk: "ThreadView | None") -> Markup:
    """JSON-LD of a page, safe inside a `script` element; "" for a page without an address of its own."""
    if page.lang not in page.versions:
        return Markup()
    thing = _thing(site, page, talk)
    url = site.absolute(page.versions[page.lang])
    thing |= {"@context": "https://schema.org", "url": url, "inLanguage": page.lang}
    if image:
        thing["image"] = {"@type": "ImageObject", "url": image.src, "width": image.width, "height": image.height}
    return Markup(written(thing))  # noqa: S704  no character that ends a script is left in it


def written(thing: Mapping[str, object]) -> str:
    """JSON in which no "</script>" and no "<!--" can stand (HTML, section 4.12.1.3)."""
    text = json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _thing(site: "Site", page: OutputPage, talk: "ThreadView | None") -> Thing:
    blog, group, person = (page.context.get(name) for name in ("blog", "group", "person"))
    if page.template == "blog" and isinstance(blog, BlogView):
        return _posting(site, page, blog, talk)
    if page.template == "group" and isinstance(group, GroupView):
        thing: Thing = {"@type": "CollectionPage", "name": group.name, "description": group.tagline}
        return thing | {"author": [_person(site, owner) for owner in group.owners]}
    if page.template == "author" and isinstance(person, PersonView):
        return {"@type": "ProfilePage", "mainEntity": _person(site, person) | {"description": person.bio}}
    if page.template == "front":
        search = site.absolute(site.addresses.search(page.lang)) + "?q={query}"
        action = {"@type": "SearchAction", "target": search, "query-input": "required name=query"}
        return {"@type": "WebSite", "name": site.settings.name, "potentialAction": action}
    kind = "CollectionPage" if page.template in ("blogs", "groups", "tag") else "WebPage"
    return {"@type": kind, "name": page.title, "isPartOf": {"@type": "WebSite", "name": site.settings.name}}


def _posting(site: "Site", page: OutputPage, blog: BlogView, talk: "ThreadView | None") -> Thing:
    thing: Thing = {
        "@type": "BlogPosting",
        "headline": blog.title,
        "description": blog.summary,
        "datePublished": blog.date.isoformat(),
        "dateModified": (blog.updated or blog.date).isoformat(),
        "author": [_person(site, person) for person in blog.authors],
        "publisher": {"@type": "Organization", "name": site.settings.name, "url": site.absolute("/")},
        "mainEntityOfPage": site.absolute(page.versions[page.lang]),
        "discussionUrl": site.absolute(page.versions[page.lang]) + "#thread",
    }
    if blog.tags:
        thing["keywords"] = [tag.name for tag in blog.tags]
    if blog.group:
        thing["articleSection"] = blog.group.name
    if talk:
        thing["commentCount"] = talk.count
    if talk and talk.rating and talk.rating.average is not None:
        rating = {
            "ratingValue": talk.rating.average,
            "ratingCount": talk.rating.count,
            "bestRating": 5,
            "worstRating": 1,
        }
        thing["aggregateRating"] = {"@type": "AggregateRating", **rating}
    return thing


def _person(site: "Site", person: PersonView) -> Thing:
    thing: Thing = {"@type": "Person", "name": person.name, "url": site.settings.origin + person.url}
    if person.links:
        thing["sameAs"] = list(person.links)
    return thing
