"""Why is my vector different? The search behind `diagnose`, and `trace`."""
