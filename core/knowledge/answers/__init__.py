"""What a question gets: sentences with their passages, or the word that the documents do not hold the answer."""
