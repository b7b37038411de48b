"""The fence around LTI: the only importer of pylti1p3. Hands out `Launch` and friends in our own words."""
