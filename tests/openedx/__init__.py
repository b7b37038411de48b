"""Open edX's own platform code as the other end. The package is a Django app too: `models.py` is for Django alone."""
