"""The page of documents: collections, what is brought in, documents and passages, and the search behind the chat."""
