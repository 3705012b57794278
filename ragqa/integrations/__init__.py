"""ragqa in other frameworks: a file for each, which imports the framework, and thin. Each is an extra of its own."""
