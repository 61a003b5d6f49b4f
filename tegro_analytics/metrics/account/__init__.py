"""The account: withdrawals, balances, and orders held against what the merchant's own books say."""
