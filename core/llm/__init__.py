"""Language models behind one protocol: Ollama, anything that speaks OpenAI, Anthropic; none is an answer too."""
