"""The promises of `core.logs.LogStore`, numbered as in docs/log-store.md and the same for every store."""
