"""What the lessons draw: a file for each, with its notebook's name; it gets what was computed."""
