"""The tables that a plan declares: laid out, screened, compared, shown."""
