"""What charts are drawn from: results of metrics, or frames of which a metric is asked."""
