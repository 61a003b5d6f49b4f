"""Run the command line: `python -m tegro_analytics`."""

from tegro_analytics.cli import main

if __name__ == "__main__":
    main()
