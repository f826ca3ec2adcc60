"""What the server does not say: gathered beside the conversation, bounded in time, never in its way."""
