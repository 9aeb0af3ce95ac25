"""What each existing frontend sends and reads, replayed against one running sidecar."""
