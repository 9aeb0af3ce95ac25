"""Why a click model says what it says: by several methods, with their agreement."""
