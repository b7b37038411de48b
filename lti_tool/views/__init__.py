"""Views: read the request, call one service, commit once, choose a template."""
