"""Every sentence the bot says, as typed functions; nothing else in the code speaks Chinese."""
