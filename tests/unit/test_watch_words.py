"""What a warning says, and what it never does."""

from dataclasses import replace
from datetime import UTC, datetime

from socle.watch import words
from socle.watch.model import Notice, Title

TITLES = tuple(Title(f"Promesse {n}", f"Promise {n}") for n in range(1, 6))
NOTICE = Notice(
    host="accueil",
    practice="cabinet-martin",
    broken=TITLES,
    worse=TITLES[3:4],
    when=datetime(2026, 11, 22, 12, tzinfo=UTC),
    contact="Info Santé, 05 00 00 00 00",
)


def test_a_screen_shows_three_promises_and_how_many_others_the_new_ones_first():
    assert words.subject(NOTICE) == "Sécurité de accueil : 5 promesses ne sont plus tenues"
    assert words.short(NOTICE).split("\n") == [
        "• Promesse 4 (nouveau)",
        "• Promesse 1",
        "• Promesse 2",
        "et 2 autres",
    ]


def test_one_promise_is_singular_and_none_is_counted_beyond():
    one = replace(NOTICE, broken=TITLES[:1], worse=())
    assert words.subject(one).endswith("1 promesse n'est plus tenue")
    assert words.short(one) == "• Promesse 1"
    assert words.short(replace(NOTICE, broken=TITLES[:4], worse=())).endswith("et 1 autre")


def test_a_mail_names_every_promise_in_both_languages():
    assert "- Promesse 5" in words.full(NOTICE)
    assert "À appeler : Info Santé, 05 00 00 00 00" in words.full(NOTICE)
    english = words.full(NOTICE, "en")
    assert "Security of accueil: 5 promises are broken" in english
    assert "- Promise 4 (new)" in english


def test_without_a_contact_it_is_the_provider_who_is_called():
    assert words.call(replace(NOTICE, contact=" ")) == "À appeler : votre prestataire informatique"


def test_good_news_name_no_promise_and_call_nobody():
    good = words.full(replace(NOTICE, broken=(), worse=()))
    assert good.startswith("Sécurité de accueil : toutes les promesses sont tenues")
    assert "appeler" not in good


def test_names_give_no_orders_to_a_terminal():
    odd = replace(NOTICE, contact="\x1b[31mRouge\nBcc: x", host="a\x07b")
    said = words.full(odd) + words.subject(odd) + words.call(odd)
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "\n" not in words.call(odd)
