"""The colours of what the build draws: those of the stylesheet's roles, so drawings wear a house style too."""

from collections.abc import Mapping
from dataclasses import dataclass

from theme.plugins.colours import mix
from theme.plugins.house_style import Scheme


@dataclass(frozen=True)
class Shades:
    """Colours as SVG and Pillow take them, on a light or on a dark screen."""

    paper: str
    soft: str
    ink: str
    mute: str
    accent: str
    houses: str  # full ink would glare on a dark screen
    sand: str


@dataclass(frozen=True)
class Palette:
    """Files have the light shades where they cannot follow the screen. Without `dark` there is no dark scheme."""

    light: Shades
    dark: Shades | None

    def style(self, rules: Mapping[str, str]) -> str:
        """The `<style>` of a drawing; each rule has the names of shades in braces, as in "fill:{ink}"."""

        def filled(shades: Shades) -> str:
            return "".join(f".{name}{{{rule.format_map(vars(shades))}}}" for name, rule in rules.items())

        dark = f"@media(prefers-color-scheme:dark){{{filled(self.dark)}}}" if self.dark else ""
        return f"<style>{filled(self.light)}{dark}</style>"


def of(schemes: tuple[Scheme, ...]) -> Palette:
    """The palette of a light scheme and, when there is one, of a dark scheme."""
    light, *dark = (_shades(scheme) for scheme in schemes)
    return Palette(light, dark[0] if dark else None)


def _shades(scheme: Scheme) -> Shades:
    names = ("paper", "soft", "ink", "mute", "accent", "edge")
    paper, soft, ink, mute, accent, edge = (scheme.seen(f"--{name}") for name in names)
    return Shades(
        paper=paper.text,
        soft=soft.text,
        ink=ink.text,
        mute=mute.text,
        accent=accent.text,
        houses=mix(mute, soft, 0.9).text if scheme.is_dark else ink.text,
        sand=mix(edge, paper, 0.56).text,
    )
