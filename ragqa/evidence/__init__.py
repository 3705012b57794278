"""From what retrieval and reader say of passages to answers with scores that mean something."""
