"""Composing in conversation: each sentence changes brief or formula through the same engine."""
