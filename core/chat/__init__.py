"""Conversations: questions, answers with their passages, and what people say about them."""
