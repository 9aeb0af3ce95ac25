"""What the pages share: navigation, state, resources, notices and texts."""
