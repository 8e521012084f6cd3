"""What those who are not observed can do to an effect."""
