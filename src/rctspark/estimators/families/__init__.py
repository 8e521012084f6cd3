"""Many effects at once: adjusted p-values and simultaneous bands."""
