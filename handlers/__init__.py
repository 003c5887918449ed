"""What the bot does: one file a topic, each handler a function from a turn to a reply."""
