"""What sockets and streams listen to: answers, ingestions and runs while they are made."""
