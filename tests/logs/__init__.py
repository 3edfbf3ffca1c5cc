"""Tests of core/logs."""
