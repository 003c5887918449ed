"""What was meant: commands, category, urgency, kind and place of a message, offline."""
