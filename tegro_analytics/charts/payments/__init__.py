"""Charts of what was paid."""
