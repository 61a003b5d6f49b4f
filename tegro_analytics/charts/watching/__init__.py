"""Charts that watch: what is ahead, what is unlike before, what is odd."""
