"""The surface: web server, pages' parts, API and command line; everything it shows or does is asked of `core`."""
