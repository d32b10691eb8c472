"""What the lesson asks, a module a notebook: QUESTIONS (name -> function that makes it) and EXERCISES (by name)."""
