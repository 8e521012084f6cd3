"""Regression from persons, cells or sums: one engine, several models."""
