"""Aptitude records as documents, as the chat frontend's administration knows them."""
