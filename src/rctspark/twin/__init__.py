"""Synthetic registers of a published experiment, event by event, with known truth."""
