"""The page that tells how well questions are answered: results over time, and the cases behind them."""
