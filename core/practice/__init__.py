"""Practice servers: scripted mail servers played from data, for learning, demonstrations and tests."""
