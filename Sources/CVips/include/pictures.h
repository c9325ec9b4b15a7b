#ifndef ZHILI_PICTURES_H
#define ZHILI_PICTURES_H
#include <stddef.h>

/// Starts libvips once per process; 0 when it is ready.
int zl_pictures_start(void);

/// Reads width and height from a picture's head without decoding it; 0 when it is a JPEG, PNG or WebP.
int zl_pictures_size(const void *bytes, size_t count, int *width, int *height);

/// Decodes, turns upright, shrinks to at most `edge` pixels a side, drops all metadata and encodes as JPEG. The
/// result is freed with `zl_pictures_free`. 0 on success.
int zl_pictures_jpeg(const void *bytes, size_t count, int edge, int quality, void **out, size_t *out_count, int *width,
                     int *height);

/// Decodes, shrinks to at most `edge` pixels a side, fills `boxes` (four numbers each, left, top, width, height in parts of
/// the picture, 0 to 1) with black, and encodes as JPEG without metadata. 0 on success.
int zl_pictures_redact(const void *bytes, size_t count, int edge, int quality, const double *boxes, int box_count,
                       void **out, size_t *out_count, int *width, int *height);

/// Lays four square pictures of `side` pixels out two by two (NULL leaves a place clear) and cuts a square of the same
/// side out of them, `left` and `top` pixels from their corner. Encoded as WebP, freed with `zl_pictures_free`. 0 on
/// success; a piece of another size or kind fails.
int zl_pictures_cut(const void *const *pieces, const size_t *counts, int side, int left, int top, void **out,
                    size_t *out_count);

void zl_pictures_free(void *bytes);
#endif
