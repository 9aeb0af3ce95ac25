"""Materials and perfumes: what is known of each, where from, importing and editing with history."""
