"""What a notebook holds: the shops that a key opens, and every question that can be asked of them."""

from __future__ import annotations

from tegro_analytics.shop.kept import Moment
from tegro_analytics.shop.shop import MoneyForm, Shop

__all__ = ["Moment", "MoneyForm", "Shop"]
