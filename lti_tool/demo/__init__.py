"""The practice LMS: a small honest platform for demonstration and tests."""
