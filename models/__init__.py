"""What is stored and what may happen to it: tables, the lifecycle, and operations on them."""
