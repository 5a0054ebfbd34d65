"""The frame around the views: window, navigation, tasks, jobs, errors."""
