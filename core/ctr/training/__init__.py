"""From rows to a chosen click model, under one budget."""
