"""How good findings are: matching by IoU, precision, recall, count errors."""
