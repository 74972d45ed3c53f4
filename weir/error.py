"""The errors a user should read: each says what is wrong, where, and what to do."""


class WeirError(Exception):
    """A mistake in data, packs or settings; the command line prints it without a traceback."""
