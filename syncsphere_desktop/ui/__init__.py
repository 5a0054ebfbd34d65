"""The window: views, widgets and their controllers. Qt lives here and in `bootstrap` alone."""
