"""Generated sample perfumes and their briefs, labelled as samples."""
