"""What is watched: days ahead, what is unlike the past, silence, freshness, the quality of records."""
