"""Charts of the account: its balance, its withdrawals, and orders against the merchant's own books."""
