"""The one place where pages ask `core`."""
