"""Where a model's files are, what they say, and how they get here."""
