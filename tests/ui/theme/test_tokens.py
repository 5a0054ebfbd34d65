"""Both themes are legible: text, icons, borders, focus and people, measured as WCAG 2 does."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from syncsphere_desktop.ui.theme.tokens import Tokens, contrast, legible_on, load_tokens, mixed

THEMES = ("dark", "light")
TEXT = 4.5
GRAPHIC = 3.0
# How linear RGB is seen with each kind of colour blindness (Machado, Oliveira, Fernandes 2009).
VISIONS = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deuteranopia": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "tritanopia": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}


@pytest.fixture(params=THEMES)
def tokens(request: pytest.FixtureRequest) -> Tokens:
    return load_tokens(request.param)


def surfaces(tokens: Tokens) -> tuple[str, ...]:
    return (tokens.surface_0, tokens.surface_1, tokens.surface_2, tokens.surface_3, tokens.hover)


@pytest.mark.parametrize("token", ["text", "text-muted", "accent", "success", "warning", "danger"])
def test_everything_that_is_written_is_legible_on_each_surface(tokens: Tokens, token: str) -> None:
    for surface in surfaces(tokens):
        assert contrast(tokens.color(token), surface) >= TEXT, (token, surface)


@pytest.mark.parametrize("token", ["border-strong", "focus", "accent", "success", "warning", "danger"])
def test_borders_icons_and_focus_stand_out(tokens: Tokens, token: str) -> None:
    for surface in surfaces(tokens):
        assert contrast(tokens.color(token), surface) >= GRAPHIC, (token, surface)


def test_texts_on_filled_grounds_are_legible(tokens: Tokens) -> None:
    assert contrast(tokens.accent_text, tokens.accent) >= TEXT
    assert contrast(tokens.danger_text, tokens.danger) >= TEXT
    assert contrast(tokens.selection_text, tokens.selection) >= TEXT
    assert contrast(tokens.accent_text, mixed(tokens.text, tokens.accent, 0.12)) >= TEXT
    assert contrast(tokens.danger_text, mixed(tokens.text, tokens.danger, 0.12)) >= TEXT


@pytest.mark.parametrize("tone", ["accent", "success", "warning", "danger"])
def test_banners_are_legible_on_their_tint(tokens: Tokens, tone: str) -> None:
    ground = mixed(tokens.color(tone), tokens.surface_1, 0.12)
    assert contrast(tokens.text, ground) >= TEXT
    assert contrast(tokens.accent, ground) >= TEXT
    assert contrast(tokens.color(tone), ground) >= GRAPHIC


@pytest.mark.parametrize("name", ["local", "development", "staging", "production"])
def test_the_line_of_an_environment_is_seen(tokens: Tokens, name: str) -> None:
    assert contrast(tokens.environment(name), tokens.surface_1) >= GRAPHIC


def test_production_is_not_the_colour_of_danger(tokens: Tokens) -> None:
    assert tokens.environment("production") != tokens.danger


def test_initials_are_legible_in_each_person_s_colour(tokens: Tokens) -> None:
    assert len(tokens.people) == 12
    for color in tokens.people:
        assert contrast(color.text, color.fill) >= TEXT, color


def test_a_person_has_one_colour_in_both_themes() -> None:
    dark, light = (load_tokens(name) for name in THEMES)
    assert dark.people == light.people
    assert dark.person(5) == dark.person(5 + 12) == light.person(5)


@pytest.mark.parametrize("vision", VISIONS)
def test_two_people_differ_for_every_kind_of_eyes(vision: str) -> None:
    seen = [_oklab(color.fill, vision) for color in load_tokens("dark").people]
    nearest = min(math.dist(one, other) for one, other in combinations(seen, 2))
    # 0.02 is about what an eye can just tell apart in this space.
    assert nearest >= 0.08


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


def test_ink_or_paper_whichever_reads_better() -> None:
    assert legible_on("#ffff00") < legible_on("#000080")


def test_an_unknown_token_is_an_error(tokens: Tokens) -> None:
    with pytest.raises(KeyError):
        tokens.color("no-such-token")
    with pytest.raises(KeyError):
        tokens.environment("no-such-place")


def _oklab(color: str, vision: str) -> tuple[float, float, float]:
    linear = [_linear(int(color[start : start + 2], 16) / 255) for start in (1, 3, 5)]
    rows = VISIONS[vision]
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, linear, strict=True))))
        for row in rows
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
