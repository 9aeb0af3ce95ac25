"""Tables people bring: reading and checking uploads, profiles, findings, stored datasets, the data dictionary."""
