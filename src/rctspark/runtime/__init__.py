"""Where the outside begins: Spark, Delta, MLflow, logs, processes."""
