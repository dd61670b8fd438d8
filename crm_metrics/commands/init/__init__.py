"""A settings file from what the files hold."""
