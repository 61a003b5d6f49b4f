"""Run ``python -m tegro_analytics.sandbox``."""

from __future__ import annotations

import sys

from tegro_analytics.sandbox import main

if __name__ == "__main__":
    sys.exit(main())
