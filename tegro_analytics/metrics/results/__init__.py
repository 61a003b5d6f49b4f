"""What is answered: cells, rates, and the frame that shows itself."""
