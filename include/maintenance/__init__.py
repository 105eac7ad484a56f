"""What runs each night: old things go, tables stay quick, released months equal raw."""
