"""What the tests are made of: the implementation under test, properties, generators, comparisons, reports."""
