"""Tariffs: what fees should have been, what another plan would have cost, and why the rate of fees moved."""
