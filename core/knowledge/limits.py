"""How long questions and remarks on answers may be. Imports nothing, so that the bodies of requests may use it."""

LONGEST_QUESTION = 1000  # characters; a question also becomes a case of the evaluation
LONGEST_REMARK = 4000  # characters of a comment, or of what would have been right
MOST_COLLECTIONS = 100  # that a question names, or somebody's preferences
