"""What the manifest tells of a stage beyond single steps: one module for each table, read by the report."""
