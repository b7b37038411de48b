"""Forms check input; they know nothing of the database."""
