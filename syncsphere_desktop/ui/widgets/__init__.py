"""Small reusable widgets and awaitable dialogs, drawn from the theme's tokens."""
