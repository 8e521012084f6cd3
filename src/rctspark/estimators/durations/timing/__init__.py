"""Timing of events."""
