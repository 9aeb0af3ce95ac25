"""The drawn sample pictures and the domain made of them."""
