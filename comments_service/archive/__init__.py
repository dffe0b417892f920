"""What is kept of a site outside its database."""
