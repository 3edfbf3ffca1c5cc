"""What each command of `flywheel` does, one module per group; `app.cli` puts them together.

Modules here import `core` inside their functions, so that `flywheel --help` and a mistyped word answer at once.
"""
