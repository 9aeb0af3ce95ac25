"""The words of each existing frontend: request and response bodies in the names that its screens read."""
