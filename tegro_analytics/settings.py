"""Settings."""

from tegro_analytics.credentials import ApiKey

__all__ = ["ApiKey"]
