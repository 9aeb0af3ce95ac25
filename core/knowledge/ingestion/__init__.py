"""From files to passages that answer: sources, plans, and jobs that can be killed, resumed and retried."""
