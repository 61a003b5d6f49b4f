"""Calls that move money, safe to run twice: a journal before the wire, one send, and a person for the rest.

The protocol, in the words of its states: an intent is ``prepared`` in the journal before a byte is sent; the
API is asked whether it has the id already; ``sent`` is on the disk before the one send; the answer makes it
``accepted`` or ``rejected``, proof that nothing was sent makes it ``prepared`` again, and anything else makes
it ``unknown``. Nothing is sent again by itself. To resolve it is to look: found is ``accepted``; looked for
long enough and found nowhere is ``presumed_absent``, and only then may a person send it again.
"""
