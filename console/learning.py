"""How often what was understood was corrected, by category: figures for the desk, without a name in them."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.exceptions import NotFound

from console.house import House
from models import corrections


def add_learning(blueprint: Blueprint, house: House) -> None:
    """The page of figures."""

    @blueprint.get("/corrections")
    def correction_rates() -> str:
        with house.looking() as sight:
            if not sight.is_desk:
                raise NotFound
            rates = corrections.rates(sight.session, now=sight.now)
            return house.page(
                "corrections.html", sight, rates=rates, categories=sight.categories(), days=corrections.DAYS
            )
