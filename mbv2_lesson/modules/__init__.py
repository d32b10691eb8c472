"""The layers and networks that ``plans`` describes, as torch modules, and torch's own count of any module."""
