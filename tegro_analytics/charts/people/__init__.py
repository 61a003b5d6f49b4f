"""Charts of customers: new and returning ones, those who stay, what they bring."""
