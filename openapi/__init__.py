"""Machine interfaces (Open311 and JSON)."""
