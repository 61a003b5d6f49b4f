"""What is asked: bounds, periods, populations, and the question that puts them together."""
