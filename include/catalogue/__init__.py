"""The catalogue: what every column of ``marts`` means, as pages that open without a server."""
