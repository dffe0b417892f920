"""What the build draws: a town plan for posts without a picture, a tile for groups, an image to share for each page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from theme.plugins import drawing, paving, picture_cache, town_plan
from theme.plugins.blogs import WELCOME
from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.palette import Palette, Shades
from theme.plugins.views import BlogView, GroupView, ImageView

if TYPE_CHECKING:
    from theme.plugins.site import Site


@dataclass(frozen=True)
class Share:
    """What an image to share is made of; the same words give the same image."""

    site: str
    title: str
    kicker: str
    name: str
    tile: str | None
    shades: Shades

    @property
    def path(self) -> str:
        return f"/drawings/share.{picture_cache.digest(drawing.VERSION, self)}.png"

    def draw(self) -> bytes:
        return drawing.share_image(**vars(self))


def share_of(site: "Site", page: OutputPage) -> Share:
    """Posts and groups have an image of their own; all other pages of a language share one."""
    name, shades = site.settings.name, site.sheet.palette.light
    shown = page.context.get(page.template)
    if isinstance(shown, BlogView):
        return Share(name, shown.title, shown.group.name if shown.group else "", shown.key, None, shades)
    if isinstance(shown, GroupView):
        return Share(name, shown.name, site.text("Group", page.lang), shown.key, shown.handle, shades)
    return Share(name, site.text(WELCOME, page.lang), "", site.settings.id, None, shades)


def share_image(site: "Site", page: OutputPage) -> ImageView:
    share = share_of(site, page)
    return ImageView(site.absolute(share.path), share.title, drawing.WIDTH, drawing.HEIGHT)


def files(site: "Site", pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:
    library, palette = site.library, site.sheet.palette
    drawn = sorted({blog.key for blogs in library.blogs.values() for blog in blogs if blog.is_drawn})
    plans = [(town_plan.path(key, palette), partial(_plan, key, palette)) for key in drawn]
    handles = sorted({group.handle for groups in library.groups.values() for group in groups})
    for handle in handles:
        yield OutputFile(paving.path(handle, "svg", palette), paving.svg(handle, palette).encode())
    avatars = [
        (paving.path(handle, "png", palette), partial(drawing.avatar, handle, palette.light)) for handle in handles
    ]
    shares = sorted(
        {share_of(site, page) for page in pages if page.lang in page.versions}, key=attrgetter("name", "path")
    )
    # One plan serves every language of a post: the second comes when the first was drawn, but soon enough.
    in_turn = [
        share for at in range(0, len(shares), 32) for half in (0, 1) for share in shares[at + half : at + 32 : 2]
    ]
    wanted: list[tuple[str, Callable[[], bytes]]] = [*plans, *avatars, *((share.path, share.draw) for share in in_turn)]
    yield from picture_cache.files(site.theme.parent, wanted)


def _plan(key: str, palette: Palette) -> bytes:
    return town_plan.svg(town_plan.draw(key), palette).encode()


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
