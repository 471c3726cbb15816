"""Which rows of the models do not answer because the user said otherwise, as SQL.

* A word does not answer where the user gave the photo the same word, or rejected it or one above it.
* A box does not answer where its label or one above it was rejected, where the user deleted a box of this label at this
  place, and where the user drew one at this place whose label is the same, or above or below it.

"At this place" is an IoU of `SAME_PLACE` or more.
"""

SAME_PLACE = 0.5

USER_MODELS = "(SELECT id FROM models WHERE name = 'user' AND sha256 IN ('tags', 'boxes'))"

_WIDTH = "max(0.0, min(c.x2, detections.x2) - max(c.x1, detections.x1))"
_HEIGHT = "max(0.0, min(c.y2, detections.y2) - max(c.y1, detections.y1))"
_AREAS = "(c.x2 - c.x1) * (c.y2 - c.y1) + (detections.x2 - detections.x1) * (detections.y2 - detections.y1)"
_SAME_PLACE = f"{_WIDTH} * {_HEIGHT} >= {SAME_PLACE} * ({_AREAS} - {_WIDTH} * {_HEIGHT})"

_CORRECTIONS = "corrections c JOIN relatives k ON k.name_id = c.name_id JOIN names n ON n.name = k.name"
_REJECTED = (
    "EXISTS (SELECT 1 FROM {0} WHERE c.photo_id = {1}.photo_id AND c.effective AND c.kind = 'untag' AND k.below "
    "AND n.id = {1}.name_id)"
)
_SAID_BY_USER = (
    f"EXISTS (SELECT 1 FROM main.words u WHERE u.photo_id = words.photo_id AND u.model_id IN {USER_MODELS} "
    "AND u.name_id = words.name_id)"
)
_REPLACED = (
    f"EXISTS (SELECT 1 FROM {_CORRECTIONS} WHERE c.photo_id = detections.photo_id AND c.effective "
    "AND n.id = detections.name_id AND (c.kind = 'box' OR (c.kind = 'unbox' AND c.name_id = n.id)) "
    f"AND {_SAME_PLACE})"
)

OVERRULED = {
    "words": f"({_SAID_BY_USER} OR {_REJECTED.format(_CORRECTIONS, 'words')})",
    "detections": f"({_REPLACED} OR {_REJECTED.format(_CORRECTIONS, 'detections')})",
}

_REACHABLE = "(SELECT p.file_id IS NOT NULL FROM photos p WHERE p.id = {0}.photo_id)"
_TOUCHED = (  # EXISTS, so that a batch of few photos does not read all corrections
    "SELECT t.photo_id FROM touched t WHERE EXISTS (SELECT 1 FROM corrections e WHERE e.photo_id = t.photo_id)"
)

# After the models' rows follow their analyses again: two statements a table, which find nothing in most batches.
SETTLE = (
    *(
        f"UPDATE {table} SET live = 0 WHERE photo_id IN ({_TOUCHED}) AND live AND model_id NOT IN {USER_MODELS} "
        f"AND {overruled}"
        for table, overruled in OVERRULED.items()
    ),
    *(
        f"UPDATE {table} SET live = NOT live WHERE photo_id IN ({_TOUCHED}) AND model_id IN {USER_MODELS} "
        f"AND live <> {_REACHABLE.format(table)}"
        for table in OVERRULED
    ),
)


def live(table: str) -> str:
    """What `live` has to be on a row of `words` or `detections` beside its analysis `a`."""
    corrected = f"{table}.photo_id IN (SELECT photo_id FROM corrections)"
    return (
        f"CASE WHEN {table}.model_id IN {USER_MODELS} THEN {_REACHABLE.format(table)} "
        f"WHEN {corrected} THEN a.live AND NOT {OVERRULED[table]} ELSE a.live END"
    )
