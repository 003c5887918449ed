"""The Official Account platform's API, one module for each subject; `table` says which call is where."""
