"""What was paid: revenue and fees, from one query."""
