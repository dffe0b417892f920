"""The comments service: threads, ratings and log-in for a site that is otherwise static."""
