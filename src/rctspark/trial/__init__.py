"""Who is in the experiment, since when, and in which arm."""
