"""WeCom (企业微信) as a bot's program meets it: its API by area, sign-in pages, group robots and 微信客服."""
