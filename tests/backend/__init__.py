"""Tests of the local backend: a real server process, driven over HTTP by plain httpx and by the official clients."""
