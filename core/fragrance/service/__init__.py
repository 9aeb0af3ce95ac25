"""Customer service: frequent questions, conversations, escalation, remarks."""
