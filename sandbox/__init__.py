"""A pretend WeChat and WeCom platform: stands alone, talks HTTP only, imports nothing of ours."""
