"""How the charts are drawn: the paper, the texts around a plot, rows, time axes, numbers."""
