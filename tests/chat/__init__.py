"""What a conversation does."""
