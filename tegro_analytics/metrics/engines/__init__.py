"""Frames of every engine: opened, checked, in the types that the metrics count on."""
