"""How any training run goes: settings, recipes, precision, and the loop from the first step to the end."""
