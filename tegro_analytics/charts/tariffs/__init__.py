"""Charts of fees against tariffs: the audit, what moved the rate, and the plans beside each other."""
