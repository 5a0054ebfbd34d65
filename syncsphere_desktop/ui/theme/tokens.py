"""The colours a theme is made of, read from `resources/theme/*.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from syncsphere_desktop.assets import RESOURCES

DARK = "dark"
LIGHT = "light"
_INK = "#000000"
_PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class PersonColor:
    """A person's colour and the colour of the initials on it."""

    fill: str
    text: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's colours as `#rrggbb` (`shadow` as `#aarrggbb`).

    Surfaces go up: 0 the page and its tables, 1 the frame around it (sidebar, header, inspector), 2 fields
    and buttons, 3 what floats. `border` is a hairline that only divides; `border_strong` carries meaning.
    """

    name: str
    surface_0: str
    surface_1: str
    surface_2: str
    surface_3: str
    border: str
    border_strong: str
    text: str
    text_muted: str
    accent: str
    accent_text: str
    success: str
    warning: str
    danger: str
    danger_text: str
    selection: str
    selection_text: str
    focus: str
    hover: str
    shadow: str
    environments: tuple[tuple[str, str], ...]
    people: tuple[PersonColor, ...]

    def color(self, token: str) -> str:
        """Return the colour of a token by its name in the files, as in `text-muted`."""
        value = getattr(self, token.replace("-", "_"), None)
        if not isinstance(value, str):
            raise KeyError(token)
        return value

    def environment(self, name: str) -> str:
        """Return the tint of `local`, `development`, `staging` or `production`."""
        return dict(self.environments)[name]

    def person(self, person_id: int) -> PersonColor:
        """Return a person's colour: the same one for an id in every list and theme."""
        return self.people[person_id % len(self.people)]

    @property
    def is_dark(self) -> bool:
        """Whether light text stands on dark ground."""
        return luminance(self.surface_0) < luminance(self.text)


@lru_cache(maxsize=4)
def load_tokens(name: str) -> Tokens:
    """Read the theme `dark` or `light`."""
    raw = json.loads((RESOURCES / "theme" / f"{name}.json").read_text(encoding="utf-8"))
    environments = tuple(raw.pop("environments").items())
    people = tuple(PersonColor(fill, legible_on(fill)) for fill in raw.pop("people"))
    colors = {key.replace("-", "_"): value for key, value in raw.items()}
    return Tokens(name=name, environments=environments, people=people, **colors)


def luminance(color: str) -> float:
    """Return the relative luminance of a `#rrggbb` colour, 0 to 1, as WCAG 2 defines it."""
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast of two `#rrggbb` colours, 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def legible_on(fill: str) -> str:
    """Return whichever of ink and paper reads better on `fill`."""
    return max((_INK, _PAPER), key=lambda text: contrast(text, fill))


def mixed(over: str, under: str, amount: float) -> str:
    """Return `over` laid on `under` with an opacity of `amount`, 0 to 1."""
    pairs = ((int(over[i : i + 2], 16), int(under[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(top * amount + bottom * (1 - amount)):02x}" for top, bottom in pairs)
