"""Clean text, words and phrases, sentences, and LaTeX as Unicode. Pure."""
