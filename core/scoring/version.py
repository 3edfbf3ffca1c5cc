"""The version of everything that turns an output into a score.

Two results are compared only when they were scored by the same version. Raise it when `read_answer`, a label score,
the token overlap or the tool-call comparison gives another value for some input; a new score alone needs no raise.
"""

SCORER_VERSION = "1"
