"""Charts of fees against tariffs."""
