"""The command line: thin commands over the shop, one-line errors, exit codes that a script can go by.

====  =============================================
code  meaning
====  =============================================
0     done
1     a bug
2     usage: a wrong word, date, file
3     configuration: no key, a wrong setting
4     the API refused, or the network failed
5     incomplete, or not verified as complete
6     the outcome of a call that moves money is unknown
130   Ctrl-C; 143 where the system asked for the end
====  =============================================
"""

from __future__ import annotations

from tegro_analytics.cli import asking as asking
from tegro_analytics.cli import keeping as keeping
from tegro_analytics.cli import paying as paying
from tegro_analytics.cli.app import INTERRUPTED as INTERRUPTED
from tegro_analytics.cli.app import UNVERIFIED as UNVERIFIED
from tegro_analytics.cli.app import app as app
from tegro_analytics.cli.ending import EXIT_CODES as EXIT_CODES
from tegro_analytics.cli.ending import main as main
from tegro_analytics.cli.ending import run as run

__all__ = ["EXIT_CODES", "INTERRUPTED", "UNVERIFIED", "app", "main", "run"]
