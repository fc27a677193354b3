"""What the program says, in three languages: sentences by name, and how each language writes numbers and dates."""
