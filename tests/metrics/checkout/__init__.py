"""Time to pay, checkouts of several attempts, concentration of payment systems."""
