"""A house style: the official tokens of an organisation, read from one file, for the roles of our stylesheet.

The table of roles is theme/static/roles.css itself: each role there names its tokens of the NL Design System.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from theme.plugins.colours import Colour, clearest, contrast, mix, over, parse, veil
from theme.plugins.problems import Finding, in_order, to_problem

Values = Mapping[str, str]

DEEPEST = 30  # references that lead to references
TEXT, SHAPE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
PAIRS: tuple[tuple[str, str, float], ...] = (
    *((front, "paper", TEXT) for front in ("ink", "mute", "heading", "accent", "accent-strong", "error")),
    *((front, "soft", TEXT) for front in ("ink", "mute", "accent", "accent-strong")),
    *((front, "code", TEXT) for front in ("code-accent", "code-mute")),
    *(("ink", ground, TEXT) for ground in ("code", "table-head", "mark", "info", "warning", "good", "bad")),
    *(("on-accent", ground, TEXT) for ground in ("button", "button-strong")),
    ("button-ink", "paper", TEXT),
    *((front, "head", TEXT) for front in ("head-ink", "head-link")),
    *((front, "foot", TEXT) for front in ("foot-ink", "foot-link", "foot-mute")),
    ("focus-ink", "focus", TEXT),
    ("field-ink", "field", TEXT),
    ("badge-ink", "badge", TEXT),
    *((front, "paper", SHAPE) for front in ("edge", "button-edge", "error-edge")),
    ("field-edge", "field", SHAPE),
)
# Where a file gives the ground only, what stands on it is chosen here: it must not come from another palette.
ON = {
    "paper": ("ink",),
    "button": ("on-accent",),
    "head": ("head-ink", "head-link"),
    "foot": ("foot-ink", "foot-link", "foot-mute"),
    "focus": ("focus-ink",),
    "field": ("field-ink",),
    "badge": ("badge-ink",),
}
_BLACK, _WHITE = Colour(0, 0, 0), Colour(1, 1, 1)
_OFFICIAL = re.compile(r"var\((--(?:nl|utrecht|basis)-[\w-]+)")
_DARK = re.compile(r"(?<!not-)\bdark\b")
_DECLARATION = re.compile(r"(--[\w-]+)\s*:\s*([^;{}]*)")


class HouseStyleError(Exception):
    """The files cannot be used. `findings` are all faults, each with the name of its file."""

    def __init__(self, findings: Sequence[tuple[str, Finding]]) -> None:
        self.findings = findings
        super().__init__("\n".join(self.lines("en")))

    def lines(self, lang: str) -> list[str]:
        """The faults in words: file, line, what is wrong, how to mend it."""
        problems = (to_problem(file, finding, lang, reference="house-style") for file, finding in self.findings)
        return [f"{one.file}:{one.line}: {one.message} {one.mend}" for one in in_order(problems)]


class Spot(NamedTuple):
    """Where a token is given; lines from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class HouseStyle:
    """The rules that one file adds to the stylesheet, and what to tell about it."""

    name: str
    css: str
    roles_set: int
    roles: int
    schemes: tuple["Scheme", ...]  # light and, when the file has dark values, dark

    @property
    def has_dark(self) -> bool:
        return len(self.schemes) > 1


def read(paths: Sequence[Path], roles_css: str) -> HouseStyle:
    """Keep what our roles reach of the files, of which the last one has the last word.

    Raises HouseStyleError: a file that cannot be read, no token that we know, a pair of colours under contrast.
    """
    texts: dict[str, str] = {}
    for path in paths:
        name = os.path.relpath(path)  # as the person who builds would type it
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise HouseStyleError([(name, Finding("style-unreadable"))]) from error
    return make(texts, roles_css)


def make(texts: Mapping[str, str], roles_css: str) -> HouseStyle:
    """`texts` are the files by name."""
    light, dark = Tokens(), Tokens()
    for file, text in texts.items():
        _take(file, text, light, dark)
    roles = own_roles(roles_css)
    chains = {tuple(official(value)) for value in roles.values()} - {()}
    kept = _kept(chains, light.values)
    if not kept:
        raise HouseStyleError([(next(iter(texts)), Finding("style-empty"))])
    schemes = [Scheme(roles, kept, light.spots)]
    kept_dark = _kept(chains, {**light.values, **dark.values}) if dark.values else {}
    if changed := {token: value for token, value in kept_dark.items() if kept.get(token) != value}:
        in_dark = own_roles(roles_css, dark=True)
        schemes.append(Scheme(in_dark, kept_dark, {**light.spots, **dark.spots}, is_dark=True))
    if faults := [fault for scheme in schemes for fault in scheme.faults()]:
        raise HouseStyleError(faults)
    css = _rule({**kept, **schemes[0].derived})
    if changed:
        # what was made for light only must not stay in the dark
        back = {role: value for role, value in schemes[1].roles.items() if role in schemes[0].derived}
        css += f"@media (prefers-color-scheme: dark) {{ {_rule({**changed, **back, **schemes[1].derived})} }}\n"
    filled = sum(any(token in kept for token in chain) for chain in chains)
    return HouseStyle(" + ".join(Path(name).name for name in texts), css, filled, len(chains), tuple(schemes))


@dataclass
class Tokens:
    """Custom properties of some files, and where each has its last value."""

    values: dict[str, str] = field(default_factory=dict)
    spots: dict[str, Spot] = field(default_factory=dict)


def _take(file: str, text: str, light: Tokens, dark: Tokens) -> None:
    """Read the custom properties of a file: those for everyone, and those of a dark scheme.

    Dark is what stands in `@media (prefers-color-scheme: dark)` or under a class with the word "dark" in its name. What
    is for paper or for some widths only is left out.
    """
    prelude: list[str] = []
    line = 1
    bare = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    for piece in re.split(r"(?<=[{}])", bare):
        body = piece.rstrip("{}")
        if not any("@media" in rule and "prefers-color-scheme" not in rule for rule in prelude):
            found = dark if any(_DARK.search(rule) for rule in prelude) else light
            for one in _DECLARATION.finditer(body):
                name, value = one[1], one[2].strip()
                if _is_harmless(value):
                    found.values[name] = value
                    found.spots[name] = Spot(file, line + body.count("\n", 0, one.start()))
        line += piece.count("\n")
        if piece.endswith("{"):
            prelude.append(body.rsplit(";", 1)[-1].lower())
        elif piece.endswith("}") and prelude:
            prelude.pop()


def _is_harmless(value: str) -> bool:
    """No value may ask another host for anything, or leave its rule."""
    return bool(value.strip()) and not re.search(r"url\(|image-set\(|[<>\\@]", value, re.IGNORECASE)


def without_dark(css: str) -> str:
    """A stylesheet without its dark scheme: the house style knows light values only."""
    while (start := css.find("@media (prefers-color-scheme: dark)")) >= 0:
        at = css.index("{", start) + 1
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[at], 0)
            at += 1
        css = css[:start] + css[at:]
    return css.replace("color-scheme: light dark", "color-scheme: light")


@dataclass(frozen=True)
class Scheme:
    """The roles, light or dark, as one file fills them."""

    roles: Values
    kept: Values
    spots: Mapping[str, Spot] = field(default_factory=dict)
    is_dark: bool = False

    @property
    def derived(self) -> dict[str, str]:
        """Values for what the file leaves open, made of those that it gives, so that no pair has two sources."""
        given = {role for role, value in self.roles.items() if set(official(value)) & set(self.kept)}
        made: dict[str, str] = {}

        def colour(role: str) -> Colour:
            return self._colour(role, made) or _BLACK

        def choose(role: str, value: Colour) -> None:
            if role not in given:
                made[role] = value.text

        for ground, fronts in ON.items():
            if f"--{ground}" in given or (ground == "button" and "--accent" in given):
                for front in fronts:
                    inks = (colour("--ink"), colour("--paper")) if ground not in ("paper", "focus") else ()
                    choose(f"--{front}", clearest(colour(f"--{ground}"), *inks, _BLACK, _WHITE))
        if "--button" in given:  # away from the text that stands on it
            away = clearest(colour("--on-accent"), _BLACK, _WHITE)
            choose("--button-strong", mix(away, colour("--button"), 0.2))
        if given & {"--paper", "--ink"}:
            paper, ink = colour("--paper"), colour("--ink")
            choose("--soft", mix(ink, paper, 0.06))
            grounds = (paper, colour("--soft"))
            choose("--line", mix(ink, paper, 0.2))
            choose("--edge", veil(ink, grounds, 0.4, SHAPE + 0.1))
            choose("--mute", veil(ink, grounds, 0.6, TEXT + 0.1))
        if given & {"--paper", "--accent"}:
            choose("--accent-strong", mix(colour("--ink"), colour("--accent"), 0.35))
            choose("--mark", mix(colour("--accent"), colour("--paper"), 0.12))
        for front, plain in (("--code-accent", "--accent"), ("--code-mute", "--mute")):  # weight and slant tell too
            if contrast(colour(plain), colour("--code")) < TEXT:
                made[front] = colour("--ink").text
        if given & {"--info", "--warning", "--good", "--bad"}:
            made["--alert-gap"] = "1rem"  # a tinted notice needs room beside its text
        if given & {"--paper", "--focus", "--focus-line"} and self._unseen(made):
            choose("--focus-ring", clearest(colour("--focus-line"), _BLACK, _WHITE))
        return made

    def faults(self) -> Iterator[tuple[str, Finding]]:
        made = self.derived
        paper = self._colour("--paper", made)
        for front, ground, least in PAIRS:
            one, other = self._colour(f"--{front}", made), self._colour(f"--{ground}", made)
            if paper is None or one is None or other is None:
                role = front if one is None else ground if other is None else "paper"
                yield self._fault("style-colour", role, role, name=role, value=self._value(f"--{role}", made))
                continue
            seen = contrast(over(one, over(other, paper)), over(other, paper))
            if seen < least:
                code = "style-contrast-dark" if self.is_dark else "style-contrast"
                words = {"front": front, "ground": ground, "one": one.text, "other": other.text}
                yield self._fault(code, front, ground, **words, seen=f"{seen:.2f}", least=f"{least:g}")
        for ground in self._unseen(made):
            yield self._fault("style-focus", "focus-line", ground, ground=ground, least=f"{SHAPE:g}")

    def seen(self, role: str) -> Colour:
        """A colour as it is seen on paper. It can be read: a style with a fault is refused."""
        made = self.derived
        paper = self._colour("--paper", made) or _WHITE
        return over(self._colour(role, made) or _BLACK, paper)

    def _fault(self, code: str, role: str, under: str, **values: str) -> tuple[str, Finding]:
        """A fault stands at the token that fills the first of its roles that one does fill."""
        tokens = [self._token(f"--{role}"), self._token(f"--{under}")]
        spot = next((self.spots[token] for token in tokens if token in self.spots), Spot("theme/static/roles.css", 1))
        return spot.file, Finding(code, spot.line, values={**values, "token": tokens[0], "under": tokens[1]})

    def _token(self, role: str) -> str:
        """The token that fills a role, else the one that could."""
        chain = official(self.roles[role])
        return next((token for token in chain if token in self.kept), (chain or [role])[0])

    def _unseen(self, made: Values) -> list[str]:
        """The grounds that neither tone of the focus stands out from."""
        rings = [self._colour(role, made) for role in ("--focus-line", "--focus-ring")]
        grounds = {ground: self._colour(f"--{ground}", made) for ground in ("paper", "soft", "head", "foot")}
        return [
            ground
            for ground, below in grounds.items()
            if below and max((contrast(ring, below) for ring in rings if ring), default=0) < SHAPE
        ]

    def _colour(self, role: str, made: Values) -> Colour | None:
        return parse(self._value(role, made))

    def _value(self, role: str, made: Values) -> str:
        return resolve(f"var({role})", {**self.roles, **self.kept, **made}) or ""


def official(value: str) -> list[str]:
    """The official tokens that a role reads, first one first."""
    return _OFFICIAL.findall(value)


def own_schemes(roles_css: str) -> tuple[Scheme, Scheme]:
    """Our own look, in light and in dark."""
    return Scheme(own_roles(roles_css), {}), Scheme(own_roles(roles_css, dark=True), {}, is_dark=True)


def own_roles(roles_css: str, *, dark: bool = False) -> dict[str, str]:
    """The roles with our own values, on a phone and in light; in the dark some of them change."""
    own = dict(_DECLARATION.findall(roles_css.partition("@media")[0]))
    if dark:
        own |= _DECLARATION.findall(roles_css.partition("@media (prefers-color-scheme: dark)")[2].partition("}")[0])
    return own


def _kept(chains: set[tuple[str, ...]], known: Values) -> dict[str, str]:
    """Of each role the first token that has a value, with every reference followed."""
    kept: dict[str, str] = {}
    for chain in sorted(chains):
        for token in chain:
            value = resolve(known[token], known) if token in known else None
            if value:
                kept[token] = value
                break
    return kept


def resolve(value: str, known: Values, depth: int = 0) -> str | None:
    """Put values in the place of `var()`; None when a name has neither a value nor a fallback (CSS Variables, 3)."""
    while (start := value.find("var(")) >= 0:
        end, open_ = start + 4, 1
        while open_ and end < len(value):
            open_ += {"(": 1, ")": -1}.get(value[end], 0)
            end += 1
        name, _, fallback = value[start + 4 : end - 1].partition(",")
        candidates = (known.get(name.strip()), fallback) if depth < DEEPEST else ()
        put = next((found for text in candidates if text and (found := resolve(text, known, depth + 1))), None)
        if put is None:
            return None
        value = value[:start] + put.strip() + value[end:]
    return value


def _rule(values: Values) -> str:
    return ":root { " + " ".join(f"{name}: {value};" for name, value in sorted(values.items())) + " }"
