"""What takes time, measured: run by hand or by `inv bench`, never by pytest."""
