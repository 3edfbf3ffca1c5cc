"""The REST interface: the blueprint's calls under `/api/jobs` and ours, for clients and scripts.

It checks who may call from where, translates between JSON and `core`, and gives every error one shape. What is allowed
is decided in `core`; nothing here runs a job or calls a service outside.
"""

from app.api.application import create_api, serve_api

__all__ = ["create_api", "serve_api"]
