"""pyinfra reads this file first: what names no host ends with an error, before anything is done."""

import socle.apply  # noqa: F401 - it puts pyinfra right
