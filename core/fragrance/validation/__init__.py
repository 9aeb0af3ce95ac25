"""What a formula is expected to do: balance, evaporation over hours, longevity, sillage, risks."""
