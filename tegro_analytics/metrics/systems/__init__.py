"""The payment systems beside each other."""
