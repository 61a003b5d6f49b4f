"""Charts of the account."""
