"""Making a dataset, so that it survives what happens to processes and disks."""
