"""Learning Circles."""
