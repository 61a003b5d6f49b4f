"""The wire: signing, nonces, transport with retries, paging, and the client. Knows JSON, not DataFrames."""
