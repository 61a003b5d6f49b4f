"""Lists that have page numbers and nothing else: read to their end while rows move, and none is lost."""
