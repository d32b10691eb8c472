"""Every figure of the lesson under a name (entries), and as files for a post (files)."""
