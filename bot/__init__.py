"""Settings, channels, webhook, answer, delivery, background tasks and the command line."""
