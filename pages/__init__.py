"""One thin script per page, read top to bottom like the screen."""
