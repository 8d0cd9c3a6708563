"""What `keras-cae score` is made of, and what `keras-cae train --detector` adds."""
