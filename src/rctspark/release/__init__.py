"""What leaves the secure environment: screened tables, figures and the report."""
