"""Every rule of the house, one noun a file. Plain functions; they flush, the caller commits. No Flask here."""
