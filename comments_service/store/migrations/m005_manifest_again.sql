-- The step before added columns that only a manifest can fill: the last one is taken in once more, though it is known.

UPDATE manifest SET hash = '';
