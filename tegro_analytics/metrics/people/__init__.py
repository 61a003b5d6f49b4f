"""Customers: who paid, what each is worth, who came back."""
