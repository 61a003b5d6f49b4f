"""Payment analytics for merchants of Tegro.money."""
