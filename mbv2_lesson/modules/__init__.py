"""The same as in ``plans`` as torch modules, and torch's own count of any module."""
