"""What the draw itself says: strata, repeated draws, power."""
