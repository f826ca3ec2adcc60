"""Knowledge, practice scenarios, schema, icons and texts: data that the program reads."""
