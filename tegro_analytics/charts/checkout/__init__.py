"""Charts of what became of orders."""
