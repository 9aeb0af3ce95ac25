"""The parts of the chat page: conversations, questions, answers with their passages, and what people say about them."""
