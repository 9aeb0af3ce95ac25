"""What a finished run is told as: facts, sentences made of them, charts and the PDF."""
