"""How the window looks: colour tokens, style, icons and fonts."""
