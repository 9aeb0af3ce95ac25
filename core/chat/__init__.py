"""Conversations: questions, answers with their passages, and what people say about them.

A question goes through `answering` (stored with the answer it will get), `answer_threads` (a worker takes it),
`composing` (what the answer says), `writing` (where a model words it) and `stored_answers`; whoever reads it, goes
through `messages` and `shown_answers`.
"""
