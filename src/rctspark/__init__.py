"""Evaluate randomised experiments on national administrative microdata."""
