"""Charts of payment systems."""
