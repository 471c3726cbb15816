"""The gallery as pages: served to a browser, or written as files."""
